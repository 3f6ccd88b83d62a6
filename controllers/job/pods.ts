import type { Job, Pod, PodTemplateSpec } from "../../api/wire.ts";

export const TRACKING = "batch.kubernetes.io/job-tracking";
const INDEX = "batch.kubernetes.io/job-completion-index";
const FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count";

export function isIndexed(job: Job): boolean {
  return job.spec?.completionMode === "Indexed";
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING) ?? false;
}

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Failures of the pod's index before it. */
export function failuresBefore(pod: Pod): number {
  return Number(pod.metadata.annotations?.[FAILURE_COUNT] ?? 0) || 0;
}

/** Only pods that have ended are replaced, not those that are going. */
export function replacesOnlyFailed(job: Job): boolean {
  return job.spec?.podReplacementPolicy === "Failed";
}

/** It counts as failed: it has ended so, or it is going before it succeeded and need not be waited for. */
export function isFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === "Failed") return true;
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== "Succeeded";
}

export function isSucceeded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded";
}

/** When it ended: its last container, or, where that is not known, its deletion or creation. */
export function endedAt_ms(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ""));
  const known = times.filter((time) => !Number.isNaN(time));
  if (known.length > 0) return Math.max(...known);
  const ready = pod.status?.conditions?.find((condition) => condition.type === "Ready")?.lastTransitionTime;
  return Date.parse(pod.metadata.deletionTimestamp ?? ready ?? pod.metadata.creationTimestamp ?? "") || 0;
}

/** The template of a pod of the job: tracked until it is counted; with its index where it has one. */
export function templateFor(job: Job, index: number | undefined, failures: number | undefined): PodTemplateSpec {
  const template = job.spec?.template ?? {};
  const metadata = { ...template.metadata, finalizers: [...(template.metadata?.finalizers ?? []), TRACKING] };
  if (index === undefined) return { ...template, metadata };
  const text = String(index);
  const annotations = { ...metadata.annotations, [INDEX]: text, ...(failures === undefined ? {} : { [FAILURE_COUNT]: String(failures) }) };
  return { ...template, metadata: { ...metadata, labels: { ...metadata.labels, [INDEX]: text }, annotations }, ...(template.spec ? { spec: withIndex(template.spec, job.metadata.name ?? "", text) } : {}) };
}

function withIndex(spec: NonNullable<PodTemplateSpec["spec"]>, name: string, index: string): NonNullable<PodTemplateSpec["spec"]> {
  const variable = { name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } } };
  type Container = (typeof spec.containers)[number];
  const add = (container: Container): Container => (container.env?.some((entry) => entry.name === variable.name) ? container : { ...container, env: [...(container.env ?? []), variable] });
  return {
    ...spec,
    containers: spec.containers.map(add),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(add) } : {}),
    hostname: `${name}-${index}`,
  };
}
