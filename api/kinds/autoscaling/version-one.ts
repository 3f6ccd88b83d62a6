import { METRICS_ANNOTATION } from "../../defaults/autoscaling.ts";
import { internalJson } from "../../validation/internal-json.ts";
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerV1 } from "../../wire.ts";
import { type Metric, type MetricStatus, oldMetric, oldStatus, readJson, readMetrics } from "./metric-conversion.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
const STATUSES_ANNOTATION = `${PREFIX}current-metrics`;
const CONDITIONS_ANNOTATION = `${PREFIX}conditions`;
const BEHAVIOR_ANNOTATION = `${PREFIX}behavior`;
const BEHAVIOR = "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior";

type Conditions = NonNullable<NonNullable<HorizontalPodAutoscaler["status"]>["conditions"]>;
type Behavior = NonNullable<NonNullable<HorizontalPodAutoscaler["spec"]>["behavior"]>;

const isCpuTarget = (metric: Metric) => metric.type === "Resource" && metric.resource?.name === "cpu" && metric.resource.target.averageUtilization !== undefined;

/** autoscaling/v1 knows CPU alone: all else is in annotations. */
export function toVersionTwo(v1: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: percent, ...spec } = v1.spec ?? ({} as NonNullable<HorizontalPodAutoscalerV1["spec"]>);
  const { currentCPUUtilizationPercentage: current, ...status } = v1.status ?? { currentReplicas: 0, desiredReplicas: 0 };
  const annotations = { ...v1.metadata.annotations };
  const take = (key: string): string | undefined => {
    const text = annotations[key];
    delete annotations[key];
    return text;
  };
  const metrics = ((readAnnotation(take(METRICS_ANNOTATION), false) as Metric[] | undefined) ?? []).slice();
  if (percent !== undefined) metrics.push({ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } } });
  const measured = current === undefined ? undefined : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: current } } }];
  const currentMetrics = (readAnnotation(take(STATUSES_ANNOTATION), true) as MetricStatus[] | undefined) ?? measured;
  const conditions = readJson(take(CONDITIONS_ANNOTATION) ?? "");
  const behavior = lowerKeys(readJson(take(BEHAVIOR_ANNOTATION) ?? ""));
  const { annotations: _old, ...metadata } = v1.metadata;
  return {
    apiVersion: "autoscaling/v2",
    kind: v1.kind,
    metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...spec, ...(metrics.length === 0 ? {} : { metrics }), ...(isObject(behavior) ? { behavior: behavior as Behavior } : {}) },
    status: {
      ...status,
      desiredReplicas: status.desiredReplicas ?? 0,
      ...(currentMetrics === undefined ? {} : { currentMetrics }),
      ...(Array.isArray(conditions) ? { conditions: conditions as Conditions } : {}),
    },
  };
}

function readAnnotation(text: string | undefined, status: boolean): unknown[] | undefined {
  return text === undefined ? undefined : readMetrics(text, status);
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

/** The annotation has Go's field names: `ScaleUp`. What is null is not there. */
function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key.charAt(0).toLowerCase() + key.slice(1), lowerKeys(item)]));
}

export function toVersionOne(v2: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metrics = [], behavior, ...spec } = v2.spec ?? ({} as NonNullable<HorizontalPodAutoscaler["spec"]>);
  const { currentMetrics, conditions, ...status } = v2.status ?? { desiredReplicas: 0 };
  const others = metrics.filter((metric) => !isCpuTarget(metric));
  const percent = metrics.findLast(isCpuTarget)?.resource?.target.averageUtilization;
  const cpu = currentMetrics?.findLast((metric) => metric.type === "Resource" && metric.resource?.name === "cpu")?.resource?.current.averageUtilization;
  const annotations = { ...v2.metadata.annotations };
  if (others.length > 0) annotations[METRICS_ANNOTATION] = JSON.stringify(others.map(oldMetric));
  if (currentMetrics?.length) annotations[STATUSES_ANNOTATION] = JSON.stringify(currentMetrics.map(oldStatus));
  if (behavior) annotations[BEHAVIOR_ANNOTATION] = internalJson(BEHAVIOR, behavior).text;
  if (conditions?.length) annotations[CONDITIONS_ANNOTATION] = JSON.stringify(conditions.map((condition) => ({ type: condition.type, status: condition.status, lastTransitionTime: condition.lastTransitionTime ?? null, ...textOf(condition) })));
  return {
    apiVersion: "autoscaling/v1",
    kind: v2.kind,
    metadata: { ...v2.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...spec, ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
    status: { ...status, currentReplicas: status.currentReplicas ?? 0, ...(cpu === undefined ? {} : { currentCPUUtilizationPercentage: cpu }) },
  };
}

function textOf({ reason, message }: { reason?: string; message?: string }): { reason?: string; message?: string } {
  return { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}
