import { ruleTests } from "../../testing/kind-rules.ts";
import { horizontalPodAutoscalerV1 } from "./horizontal-pod-autoscaler-v1.ts";

const bases = {
  min: { spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d", apiVersion: "apps/v1" } } },
};

ruleTests(horizontalPodAutoscalerV1, bases, [
  ["min", { "spec.targetCPUUtilizationPercentage": 0 }, "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0"],
  ["min", { "spec.minReplicas": 9 }, "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`"],
  ["min", { "spec.minReplicas": -1, "spec.targetCPUUtilizationPercentage": 60 }, "spec.minReplicas: Invalid value: -1: must be greater than or equal to 1"],
  ["min", { "spec.scaleTargetRef.apiVersion": "x/y/z" }, "spec.scaleTargetRef.apiVersion: Invalid value: \"x/y/z\": unexpected GroupVersion string: x/y/z"],
  ["min", { "spec.scaleTargetRef.kind": undefined }, "spec.scaleTargetRef.kind: Required value"],
  ["min", { "spec.maxReplicas": -1 }, "spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1", "spec.maxReplicas: Invalid value: -1: must be greater than or equal to `minReplicas`"],
  ["min", { "spec.scaleTargetRef.kind": "../x" }, "spec.scaleTargetRef.kind: Invalid value: \"../x\": may not contain '/'"],
  ["min", { "spec.scaleTargetRef.apiVersion": undefined }, "spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group"],
  ["min", { "spec.scaleTargetRef": undefined }, "spec.scaleTargetRef.kind: Required value", "spec.scaleTargetRef.name: Required value", "spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API group"],
  ["min", { "spec.scaleTargetRef.name": "x/y/z" }, "spec.scaleTargetRef.name: Invalid value: \"x/y/z\": may not contain '/'"],
]);
