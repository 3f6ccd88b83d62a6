import { fieldPath } from "../../status/field-path.ts";
import { APP_ARMOR_PREFIX, appArmorProfileOf, sameAppArmorProfile } from "../../validation/pod/annotations.ts";
import { visitContainers } from "../../validation/pod/visit.ts";
import type { LabelSelector, Pod, PodAffinityTerm } from "../../wire.ts";

/**
 * KEP-3633, KEP-3243: keys of matchLabelKeys become requirements of the selector with the pod's own values, so that only pods
 * of its kind count. A key that the pod does not carry has no effect.
 */
export function mergeMatchLabelKeys(pod: Pod): void {
  const labels = pod.metadata.labels ?? {};
  const spec = pod.spec;
  if (!spec?.affinity && !spec?.topologySpreadConstraints) return;
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const affinity = spec?.affinity?.[kind];
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels);
    for (const weighted of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) if (weighted.podAffinityTerm) mergeTerm(weighted.podAffinityTerm, labels);
  }
  for (const constraint of spec?.topologySpreadConstraints ?? []) {
    if (constraint.labelSelector) mergeKeys(constraint.labelSelector, constraint.matchLabelKeys, "In", labels);
  }
}

function mergeTerm(term: PodAffinityTerm, labels: Record<string, string>): void {
  if (!term.labelSelector) return;
  mergeKeys(term.labelSelector, term.matchLabelKeys, "In", labels);
  mergeKeys(term.labelSelector, term.mismatchLabelKeys, "NotIn", labels);
}

function mergeKeys(selector: LabelSelector, keys: readonly string[] | undefined, operator: string, labels: Record<string, string>): void {
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value !== undefined) selector.matchExpressions = [...(selector.matchExpressions ?? []), { key, operator, values: [value] }];
  }
}

/** AppArmor profiles by annotation (before v1.30) become fields; `warn` is told of each. */
export function fieldsFromAppArmor(pod: Pod, warn: (text: string) => void): void {
  const spec = pod.spec;
  const annotations = pod.metadata.annotations;
  if (!spec || !annotations || spec.os?.name === "windows" || !namesAppArmor(annotations)) return;
  const podProfile = spec.securityContext?.appArmorProfile;
  visitContainers(spec, (container) => {
    const key = APP_ARMOR_PREFIX + container.name;
    const annotation = annotations[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) return;
    const profile = appArmorProfileOf(annotation);
    if (profile && sameAppArmorProfile(profile, podProfile)) return;
    if (profile) (container.securityContext ??= {}).appArmorProfile = profile;
    warn(`${fieldPath("metadata", "annotations").key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead`);
  });
}

function namesAppArmor(annotations: Record<string, string>): boolean {
  for (const key in annotations) if (key.startsWith(APP_ARMOR_PREFIX)) return true;
  return false;
}
