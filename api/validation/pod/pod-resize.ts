import { forbidden, invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, Pod, PodSpec, ResourceRequirements } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { MIRROR_ANNOTATION } from "./annotations.ts";
import { SPEC, validatePodMetaAndSpec } from "./pod.ts";
import { samePodSpec } from "./pod-update.ts";
import { qosClass } from "./qos.ts";

const CONTAINER = "io.k8s.api.core.v1.Container";
const MUTABLE_TEXT = "only cpu and memory resources are mutable";

/** A change through /resize: CPU and memory of containers and sidecars, and of the pod as a whole, its QoS class kept (KEP-1287). */
export function validatePodResize(pod: Pod, old: Pod, allowPrivileged: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(pod.metadata, old.metadata, errors);
  validatePodMetaAndSpec(pod, allowPrivileged, errors);
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return [forbidden("[]", "static pods cannot be resized")];
  if (old.spec?.os?.name === "windows") return [forbidden("[]", "windows pods cannot be resized")];
  if ((old.status?.qosClass ?? qosClass(old)) !== qosClass(pod)) errors.push(invalid(SPEC, pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing"));
  const running = old.status?.containerStatuses?.find((status) => status.state?.running);
  if (running && !running.resources) errors.push(forbidden(SPEC, "Pod running on node without support for resize"));
  const munged = structuredClone(pod.spec ?? { containers: [] });
  if (hasPodResources(pod) || hasPodResources(old)) resizePod(munged, old.spec ?? munged, errors);
  if (!sameContainers(pod, old, errors)) return errors;
  validateRemovals(pod, old, errors);
  munged.containers?.forEach((container, i) => {
    restoreCompute(container, old.spec?.containers?.[i]);
    if (!semanticEqual(CONTAINER, container, old.spec?.containers?.[i])) errors.push(forbidden(SPEC, MUTABLE_TEXT));
  });
  munged.initContainers?.forEach((container, i) => {
    resizeInitContainer(container, old.spec?.initContainers?.[i], i, errors);
  });
  if (errors.length === 0 && !samePodSpec(munged, old.spec)) errors.push(forbidden(SPEC, MUTABLE_TEXT));
  return errors;
}

function hasPodResources({ spec }: Pod): boolean {
  return Object.keys(spec?.resources?.requests ?? {}).length + Object.keys(spec?.resources?.limits ?? {}).length > 0;
}

/** Of the pod's own resources as of a container's only the amounts of CPU and memory change. */
function resizePod(munged: PodSpec, old: PodSpec, errors: Errors): void {
  const path = SPEC.child("resources");
  if (old.resources && !munged.resources) {
    errors.push(forbidden(path, "pod-level resources cannot be removed"));
    return;
  }
  if (old.resources) removed(munged.resources ?? {}, old.resources, path, "pod-level resource", errors);
  if (munged.resources) munged.resources = withOldCompute(munged.resources, old.resources ?? {});
  const isLeft = munged.resources?.claims?.length || munged.resources?.requests || munged.resources?.limits;
  if (!old.resources && !isLeft) delete munged.resources;
  if (!semanticEqual("io.k8s.api.core.v1.ResourceRequirements", munged.resources, old.resources)) errors.push(forbidden(SPEC, "only cpu and memory resources are mutable at pod-level"));
}

/** Containers are neither added nor taken away, nor do they change places. */
function sameContainers(pod: Pod, old: Pod, errors: Errors): boolean {
  const before = errors.length;
  for (const list of ["containers", "initContainers"] as const) {
    const [now, then] = [pod.spec?.[list] ?? [], old.spec?.[list] ?? []];
    if (now.length !== then.length) errors.push(forbidden(SPEC.child(list), `${list} may not be added or removed on resize`));
    else then.forEach(({ name }, i) => {
      if (now[i]?.name !== name) errors.push(forbidden(SPEC.child(list).index(i).child("name"), `${list} may not be renamed or reordered on resize`));
    });
  }
  return errors.length === before;
}

function resizeInitContainer(container: Container, old: Container | undefined, i: number, errors: Errors): void {
  const path = SPEC.child("initContainers").index(i);
  const isChanged = !semanticEqual(CONTAINER, container, old);
  restoreCompute(container, old);
  if (!semanticEqual(CONTAINER, container, old)) errors.push(forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable"));
  if (!isChanged || container.restartPolicy === "Always") return;
  for (const { restartPolicy } of container.resizePolicy ?? []) {
    if (restartPolicy === "RestartContainer") errors.push(forbidden(path, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"));
  }
}

/** What was asked or limited stays so; only the amounts change. */
function validateRemovals(pod: Pod, old: Pod, errors: Errors): void {
  for (const list of ["initContainers", "containers"] as const) {
    old.spec?.[list]?.forEach((before, i) => {
      removed(pod.spec?.[list]?.[i]?.resources ?? {}, before.resources ?? {}, SPEC.child(list).index(i).child("resources"), "resource", errors);
    });
  }
}

function removed(now: ResourceRequirements, before: ResourceRequirements, path: FieldPath, what: string, errors: Errors): void {
  for (const field of ["requests", "limits"] as const) {
    const kept = now[field] ?? {};
    if (Object.keys(before[field] ?? {}).some((name) => kept[name] === undefined)) errors.push(forbidden(path.child(field), `${what} ${field} cannot be removed`));
  }
}

/** Claims of containers count for nothing here: in Kubernetes they do not survive the comparison. */
function restoreCompute(container: Container, old: Container | undefined): void {
  const { limits, requests } = container.resources ?? {};
  container.resources = withOldCompute({ ...(limits && { limits }), ...(requests && { requests }) }, old?.resources ?? {});
}

/** The resources with CPU and memory as they were. */
function withOldCompute(resources: ResourceRequirements, old: ResourceRequirements): ResourceRequirements {
  const result: ResourceRequirements = { ...resources };
  for (const field of ["limits", "requests"] as const) {
    const before = old[field];
    const list: Record<string, string> = { ...resources[field] };
    for (const name of ["cpu", "memory"]) {
      delete list[name];
      const amount = before?.[name];
      if (amount !== undefined) list[name] = amount;
    }
    if (Object.keys(list).length > 0) result[field] = list;
    else delete result[field];
  }
  return result;
}
