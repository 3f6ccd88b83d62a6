import type { PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet } from "../../api/wire.ts";

export const REVISION_LABEL = "controller-revision-hash";
const POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
const POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";

export function replicasOf(set: StatefulSet): number {
  return set.spec?.replicas ?? 1;
}

/** The first ordinal. */
export function startOf(set: StatefulSet): number {
  return set.spec?.ordinals?.start ?? 0;
}

export function podName(set: StatefulSet, ordinal: number): string {
  return `${set.metadata.name}-${ordinal}`;
}

/** The pod's number in the set; undefined when its name is not of the set. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const match = /^(.*)-(0|[1-9][0-9]*)$/.exec(pod.metadata.name ?? "");
  return match !== null && match[1] === set.metadata.name ? Number(match[2]) : undefined;
}

/** Name of the pod's revision. */
export function revisionOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}

function identityLabels(set: StatefulSet, ordinal: number): Record<string, string> {
  return { [POD_NAME_LABEL]: podName(set, ordinal), [POD_INDEX_LABEL]: String(ordinal) };
}

/** Labels of its identity that a pod lacks; undefined when it has them. */
export function missingIdentity(set: StatefulSet, pod: Pod, ordinal: number): Record<string, string> | undefined {
  const wanted = identityLabels(set, ordinal);
  return Object.entries(wanted).every(([label, value]) => pod.metadata.labels?.[label] === value) ? undefined : wanted;
}

/** The template of one pod: its name as hostname, its own claims as volumes, its revision and number as labels. */
export function templateFor(set: StatefulSet, ordinal: number, template: PodTemplateSpec, revision: string): PodTemplateSpec {
  const name = podName(set, ordinal);
  const claims = (set.spec?.volumeClaimTemplates ?? []).map((claim) => ({ name: claim.metadata?.name ?? "", persistentVolumeClaim: { claimName: claimName(name, claim) } }));
  const others = (template.spec?.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name));
  const { serviceName } = set.spec ?? {};
  return {
    ...template,
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...identityLabels(set, ordinal), [REVISION_LABEL]: revision } },
    spec: {
      ...template.spec,
      containers: template.spec?.containers ?? [],
      hostname: name,
      ...(serviceName ? { subdomain: serviceName } : {}),
      ...(claims.length + others.length > 0 ? { volumes: [...claims, ...others] } : {}),
    },
  };
}

type ClaimTemplate = NonNullable<NonNullable<StatefulSet["spec"]>["volumeClaimTemplates"]>[number];

function claimName(pod: string, claim: ClaimTemplate): string {
  return `${claim.metadata?.name}-${pod}`;
}

/** The claims of one pod, as they are made. */
export function claimsFor(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
  const { namespace = "" } = set.metadata;
  return (set.spec?.volumeClaimTemplates ?? []).map((claim) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { ...claim.metadata, name: claimName(podName(set, ordinal), claim), namespace, labels: { ...claim.metadata?.labels, ...set.spec?.selector?.matchLabels } },
    ...(claim.spec ? { spec: claim.spec } : {}),
  }));
}
