import { long, ruleTests } from "../../testing/kind-rules.ts";
import { resourceQuota } from "./resource-quota.ts";

const bases = {
  full: { spec: { hard: { pods: "10", "requests.cpu": 0.5, "limits.memory": "1024Mi", "count/deployments.apps": 3, "gold.storageclass.storage.k8s.io/requests.storage": "5Gi", "requests.nvidia.com/gpu": 4 } } },
  scopes: { spec: { hard: { pods: 1 }, scopes: ["NotTerminating"], scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] } } },
};

ruleTests(resourceQuota, bases, [
  ["scopes", { "spec.hard.pods": undefined, "spec.hard.foo": 1, "spec.scopes": undefined, "spec.scopeSelector": undefined }, "spec.hard[foo]: Invalid value: \"foo\": must be a standard resource type or fully qualified", "spec.hard[foo]: Invalid value: \"foo\": must be a standard resource for quota"],
  ["scopes", { "spec.hard.pods": -1, "spec.scopes": undefined, "spec.scopeSelector": undefined }, "spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0"],
  ["scopes", { "spec.hard.pods": 0.5, "spec.scopes": undefined, "spec.scopeSelector": undefined }, "spec.hard[pods]: Invalid value: \"500m\": must be an integer"],
  ["scopes", { "spec.scopes": ["Terminating", "NotTerminating"], "spec.scopeSelector": undefined }, "spec.scopes: Invalid value: [\"Terminating\",\"NotTerminating\"]: conflicting scopes"],
  ["scopes", { "spec.hard.pods": undefined, "spec.hard.cpu": 1, "spec.scopes[0]": "BestEffort", "spec.scopeSelector": undefined }, "spec.scopes: Invalid value: [\"BestEffort\"]: unsupported scope applied to resource"],
  ["scopes", { "spec.hard.pods": undefined, "spec.hard.services": 1, "spec.scopes[0]": "Terminating", "spec.scopeSelector": undefined }, "spec.scopes: Invalid value: [\"Terminating\"]: unsupported scope applied to resource"],
  ["full", { "spec.hard": undefined, "metadata": { name: `${long(254)}` } }, `metadata.name: Invalid value: "${long(254)}": must be no more than 253 characters`],
  ["scopes", { [`spec.hard.${long(64, "k")}`]: "1" }, `spec.hard[${long(64, "k")}]: Invalid value: "${long(64, "k")}": name part must be no more than 63 bytes`, `spec.hard[${long(64, "k")}]: Invalid value: "${long(64, "k")}": must be a standard resource for quota`],
  ["scopes", { "spec.scopeSelector.matchExpressions[0].scopeName": undefined, "spec.scopeSelector.matchExpressions[0].operator": undefined, "spec.scopeSelector.matchExpressions[0].values": undefined }, "spec.scopeSelector.matchExpressions.scopeName: Invalid value: \"\": unsupported scope", "spec.scopeSelector.matchExpressions.operator: Invalid value: \"\": not a valid selector operator"],
  ["scopes", { "spec.scopeSelector.matchExpressions[0].scopeName": undefined }, "spec.scopeSelector.matchExpressions.scopeName: Invalid value: \"\": unsupported scope"],
  ["scopes", { "spec.scopes[0]": `${long(254)}` }, `spec.scopes: Invalid value: ["${long(254)}"]: unsupported scope`],
  ["scopes", { "spec.scopeSelector.matchExpressions[0].values": undefined }, "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"],
]);
