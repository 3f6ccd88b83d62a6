import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from "../wire.ts";

type Spec = NonNullable<HorizontalPodAutoscaler["spec"]>;
type Rules = NonNullable<NonNullable<Spec["behavior"]>["scaleUp"]>;

const TARGET_PERCENT = 80;
const PERIOD_S = 15;

/** Defaults of autoscaling/v2: 80 % of the requested CPU, and rules of behaviour where some are given. */
export function defaultAutoscaler(autoscaler: HorizontalPodAutoscaler): void {
  const spec = (autoscaler.spec ??= {} as Spec);
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) spec.metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: TARGET_PERCENT } } }];
  if (!spec.behavior) return;
  const twice = { type: "Percent", value: 100, periodSeconds: PERIOD_S };
  const up: Rules = { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: [{ type: "Pods", value: 4, periodSeconds: PERIOD_S }, { ...twice }] };
  const down: Rules = { selectPolicy: "Max", policies: [{ ...twice }] };
  spec.behavior.scaleUp = { ...up, ...spec.behavior.scaleUp };
  spec.behavior.scaleDown = { ...down, ...spec.behavior.scaleDown };
}

/** Metrics that autoscaling/v1 has no field for. */
export const METRICS_ANNOTATION = "autoscaling.alpha.kubernetes.io/metrics";

export function defaultAutoscalerV1(autoscaler: HorizontalPodAutoscalerV1): void {
  const spec = (autoscaler.spec ??= {} as NonNullable<HorizontalPodAutoscalerV1["spec"]>);
  spec.minReplicas ??= 1;
  if (autoscaler.metadata.annotations?.[METRICS_ANNOTATION] === undefined) spec.targetCPUUtilizationPercentage ??= TARGET_PERCENT;
}
