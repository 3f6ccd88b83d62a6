import { forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import { goQuote } from "../../status/go-text.ts";
import type { Container, NodeAffinity, NodeSelectorTerm, ObjectMeta, Pod, PodSpec, Toleration } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { equalJson, semanticEqual } from "../equality.ts";
import { internalForm, internalLines } from "../internal-json.ts";
import { rangeText } from "../names.ts";
import { METADATA, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { unifiedDiff } from "../unified-diff.ts";
import { APP_ARMOR_PREFIX, MIRROR_ANNOTATION, validatePodAnnotations } from "./annotations.ts";
import { SPEC, validatePodMetaAndSpec } from "./pod.ts";
import { validateTolerations } from "./scheduling.ts";

const POD_SPEC = "io.k8s.api.core.v1.PodSpec";
const MAX_INT32 = 2147483647;
const UPDATABLE_TEXT =
  "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

export const samePodSpec = (a: PodSpec | undefined, b: PodSpec | undefined): boolean => semanticEqual(POD_SPEC, a, b);

/** What a client may change of a pod: images, a shorter deadline, more tolerations, fewer gates, and more of a gated pod's node selection. */
export function validatePodUpdate(pod: Pod, old: Pod, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  const spec = pod.spec ?? { containers: [] };
  const oldSpec = old.spec ?? { containers: [] };
  validateCoreObjectMetaUpdate(pod.metadata, old.metadata, errors);
  validatePodMetaAndSpec(pod, allowPrivileged, errors);
  validateAnnotationUpdates(pod.metadata, old.metadata, spec, errors);
  for (const list of ["containers", "initContainers"] as const) {
    if (!validateContainerUpdates(spec[list] ?? [], oldSpec[list] ?? [], SPEC.child(list), errors)) return errors;
  }
  if (!validateDeadline(spec, oldSpec, errors)) return errors;
  validateOnlyAddedTolerations(spec.tolerations ?? [], oldSpec.tolerations ?? [], errors);
  validateOnlyRemovedGates(spec, oldSpec, errors);
  if (samePodSpec(spec, oldSpec)) return errors;
  const munged = withoutAllowedChanges(spec, oldSpec, errors);
  if (!samePodSpec(munged, oldSpec)) {
    const diff = unifiedDiff(internalLines(internalForm(POD_SPEC, oldSpec)), internalLines(internalForm(POD_SPEC, munged)));
    errors.push(forbidden(SPEC, `pod updates may not change fields other than ${UPDATABLE_TEXT}\n${diff}`));
  }
  return errors;
}

/** Annotations by which the pod was made may not change after. */
export function validateAnnotationUpdates(meta: ObjectMeta, old: ObjectMeta, spec: PodSpec, errors: Errors): void {
  const path = METADATA.child("annotations");
  const [now, before] = [meta.annotations ?? {}, old.annotations ?? {}];
  for (const key in before) {
    if (now[key] === before[key]) continue;
    if (key.startsWith(APP_ARMOR_PREFIX)) errors.push(forbidden(path.key(key), "may not remove or update AppArmor annotations"));
    if (key === MIRROR_ANNOTATION) errors.push(forbidden(path.key(key), "may not remove or update mirror pod annotation"));
  }
  for (const key in now) {
    if (before[key] !== undefined) continue;
    if (key.startsWith(APP_ARMOR_PREFIX)) errors.push(forbidden(path.key(key), "may not add AppArmor annotations"));
    if (key === MIRROR_ANNOTATION) errors.push(forbidden(path.key(key), "may not add mirror pod annotation"));
  }
  validatePodAnnotations(meta.annotations, spec, path, errors);
}

function validateContainerUpdates(containers: readonly Container[], old: readonly Container[], path: FieldPath, errors: Errors): boolean {
  if (containers.length !== old.length) {
    errors.push(forbidden(path, "pod updates may not add or remove containers"));
    return false;
  }
  containers.forEach(({ image = "" }, i) => {
    if (image === "") errors.push(required(path.index(i).child("image")));
    if (image.trim() !== image) errors.push(invalid(path.index(i).child("image"), image, "must not have leading or trailing whitespace"));
  });
  return true;
}

function validateDeadline(spec: PodSpec, old: PodSpec, errors: Errors): boolean {
  const deadline_s = spec.activeDeadlineSeconds;
  const before_s = old.activeDeadlineSeconds;
  const path = SPEC.child("activeDeadlineSeconds");
  if (deadline_s === undefined) {
    if (before_s !== undefined) errors.push(invalid(path, null, "must not update from a positive integer to nil value"));
    return true;
  }
  if (deadline_s < 0 || deadline_s > MAX_INT32) errors.push(invalid(path, deadline_s, rangeText(0, MAX_INT32)));
  else if (before_s !== undefined && before_s < deadline_s) errors.push(invalid(path, deadline_s, "must be less than or equal to previous value"));
  else return true;
  return false;
}

function validateOnlyAddedTolerations(tolerations: readonly Toleration[], old: readonly Toleration[], errors: Errors): void {
  const path = SPEC.child("tolerations");
  const textOf = ({ key, operator = "", value = "", effect = "" }: Toleration) => JSON.stringify([key ?? null, operator, value, effect]);
  const now = new Set(tolerations.map(textOf));
  for (const toleration of old) {
    if (now.has(textOf(toleration))) continue;
    errors.push(forbidden(path, "existing toleration can not be modified except its tolerationSeconds"));
    return;
  }
  validateTolerations(tolerations, path, errors);
}

function validateOnlyRemovedGates(spec: PodSpec, old: PodSpec, errors: Errors): void {
  const before = new Set(old.schedulingGates?.map((gate) => gate.name));
  spec.schedulingGates?.forEach((gate, i) => {
    if (!before.has(gate.name)) errors.push(forbidden(SPEC.child("schedulingGates").index(i).child("name"), `only deletion is allowed, but found new scheduling gate '${gate.name}'`));
  });
}

/** The new spec with everything that may change put back as it was: what differs then may not. */
function withoutAllowedChanges(spec: PodSpec, old: PodSpec, errors: Errors): PodSpec {
  const munged = structuredClone(spec);
  for (const list of ["containers", "initContainers"] as const) {
    munged[list]?.forEach((container, i) => {
      restore(container, "image", old[list]?.[i]);
    });
  }
  restore(munged, "activeDeadlineSeconds", old);
  restore(munged, "schedulingGates", old);
  restore(munged, "tolerations", old);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) restore(munged, "terminationGracePeriodSeconds", old);
  if (old.schedulingGates?.length) restoreGatedSelection(munged, old, errors);
  return munged;
}

function restore<T extends object, K extends keyof T>(target: T, field: K, source: T | undefined): void {
  if (source?.[field] === undefined) delete target[field];
  else target[field] = source[field];
}

function restoreGatedSelection(munged: PodSpec, old: PodSpec, errors: Errors): void {
  const [selector, before] = [munged.nodeSelector ?? {}, old.nodeSelector ?? {}];
  if (Object.keys(before).some((key) => selector[key] !== before[key])) {
    errors.push(invalid(SPEC.child("nodeSelector"), selector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)"));
  }
  restore(munged, "nodeSelector", old);
  const affinity = munged.affinity?.nodeAffinity;
  const oldAffinity = old.affinity?.nodeAffinity;
  if (semanticEqual("io.k8s.api.core.v1.NodeAffinity", affinity, oldAffinity) && (affinity === undefined) === (oldAffinity === undefined)) return;
  validateNodeAffinityMutation(affinity, oldAffinity, errors);
  if (munged.affinity === undefined) {
    if (oldAffinity) munged.affinity = { nodeAffinity: oldAffinity };
  } else if (old.affinity === undefined && !munged.affinity.podAffinity && !munged.affinity.podAntiAffinity) delete munged.affinity;
  else restore(munged.affinity, "nodeAffinity", old.affinity ?? {});
}

/** Terms of a gated pod may be narrowed by more requirements; their number stays. */
function validateNodeAffinityMutation(affinity: NodeAffinity | undefined, old: NodeAffinity | undefined, errors: Errors): void {
  const field = "requiredDuringSchedulingIgnoredDuringExecution";
  const before = old?.[field]?.nodeSelectorTerms ?? [];
  const now = affinity?.[field]?.nodeSelectorTerms ?? [];
  const path = SPEC.child("affinity", "nodeAffinity", field, "nodeSelectorTerms");
  if (before.length > 0 && before.length !== now.length) {
    errors.push(invalid(path, affinity?.[field] ? now.map(internalTerm) : null, "no additions/deletions to non-empty NodeSelectorTerms list are allowed"));
    return;
  }
  before.forEach((term, i) => {
    const other = now[i] ?? {};
    if (!onlyAdds(other, term)) errors.push(invalid(path.index(i), internalTerm(other), "only additions are allowed (no mutations or deletions)"));
  });
}

function internalTerm(term: NodeSelectorTerm): unknown {
  return internalForm("io.k8s.api.core.v1.NodeSelectorTerm", term);
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  if (lists.every((list) => !old[list]?.length)) return lists.every((list) => !term[list]?.length);
  return lists.every((list) => (old[list] ?? []).every((requirement, i) => equalJson(term[list]?.[i], requirement)));
}

/** A change through /ephemeralcontainers: containers for debugging are only ever added. */
export function validateEphemeralUpdate(pod: Pod, old: Pod, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(pod.metadata, old.metadata, errors);
  validatePodMetaAndSpec(pod, allowPrivileged, errors);
  validateAnnotationUpdates(pod.metadata, old.metadata, pod.spec ?? { containers: [] }, errors);
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return [forbidden("[]", "static pods do not support ephemeral containers")];
  const path = SPEC.child("ephemeralContainers");
  const name = "io.k8s.api.core.v1.EphemeralContainer";
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const now = pod.spec?.ephemeralContainers?.find((container) => container.name === before.name);
    if (now === undefined) errors.push(forbidden(path, `existing ephemeral containers ${goQuote(before.name)} may not be removed\n`));
    else if (!semanticEqual(name, now, before)) {
      const diff = unifiedDiff(internalLines(internalForm(name, before)), internalLines(internalForm(name, now)));
      errors.push(forbidden(path, `existing ephemeral containers ${goQuote(before.name)} may not be changed\n${diff}`));
    }
  }
  return errors;
}
