import type { Affinity, DaemonSet, Pod, PodTemplateSpec } from "../../api/wire.ts";
import { isPodAvailable } from "../shared/pods.ts";
import { daemonTolerations } from "./node-fit.ts";

export const HASH_LABEL = "controller-revision-hash";
const GENERATION_LABEL = "pod-template-generation";
const GENERATION_ANNOTATION = "deprecated.daemonset.template.generation";
const NAME_FIELD = "metadata.name";

/** The template of the pod for one node: bound to it by affinity, with a daemon's tolerations and the revision's labels. */
export function templateForNode(set: DaemonSet, nodeName: string, hash: string): PodTemplateSpec {
  const { template } = set.spec ?? {};
  const spec = template?.spec;
  const generation = set.metadata.annotations?.[GENERATION_ANNOTATION];
  return {
    ...template,
    metadata: { ...template?.metadata, labels: { ...template?.metadata?.labels, ...(generation ? { [GENERATION_LABEL]: generation } : {}), [HASH_LABEL]: hash } },
    spec: { ...spec, containers: spec?.containers ?? [], tolerations: daemonTolerations(spec), affinity: boundTo(spec?.affinity, nodeName) },
  };
}

function boundTo(affinity: Affinity | undefined, nodeName: string): Affinity {
  const term = { matchFields: [{ key: NAME_FIELD, operator: "In", values: [nodeName] }] };
  return { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

/** The node that a daemon's pod is on or meant for. */
export function targetNode(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const fields = terms.flatMap(({ matchFields = [] }) => matchFields);
  return fields.find(({ key, operator, values = [] }) => key === NAME_FIELD && operator === "In" && values.length === 1)?.values?.[0];
}

export function hasRevision(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[HASH_LABEL] === hash;
}

/** The oldest first; of equal ones the scheduled before the unscheduled, then by name. */
export function byAge(a: Pod, b: Pod): number {
  const compare = (x = "", y = "") => (x < y ? -1 : x > y ? 1 : 0);
  return compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName)) || compare(a.metadata.name, b.metadata.name);
}

export function isAvailable(set: DaemonSet, pod: Pod, now_ms: number): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now_ms);
}
