import { forbidden, invalid } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, Pod, ResourceRequirements } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { MIRROR_ANNOTATION } from "./annotations.ts";
import { SPEC, validatePodMetaAndSpec } from "./pod.ts";
import { samePodSpec } from "./pod-update.ts";
import { qosClass } from "./qos.ts";

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
  validateRemovals(pod, old, errors);
  const munged = structuredClone(pod.spec ?? { containers: [] });
  restoreCompute(munged.containers ?? [], old.spec?.containers ?? [], () => "only cpu and memory resources are mutable", errors);
  restoreCompute(munged.initContainers ?? [], old.spec?.initContainers ?? [], initText, errors);
  if (old.spec?.resources && munged.resources) munged.resources = withOldCompute(munged.resources, old.spec.resources);
  if (errors.length === 0 && !samePodSpec(munged, old.spec)) errors.push(forbidden(SPEC, "only cpu and memory resources are mutable"));
  return errors;
}

function initText(container: Container): string {
  return container.restartPolicy === "Always" ? "only cpu and memory resources for sidecar containers are mutable" : "resources for non-sidecar init containers are immutable";
}

/** What was asked or limited stays so; only the amounts change. */
function validateRemovals(pod: Pod, old: Pod, errors: Errors): void {
  for (const list of ["initContainers", "containers"] as const) {
    old.spec?.[list]?.forEach((before, i) => {
      if (list === "initContainers" && before.restartPolicy !== "Always") return;
      const now = pod.spec?.[list]?.[i]?.resources ?? {};
      removed(now, before.resources ?? {}, SPEC.child(list).index(i).child("resources"), errors);
    });
  }
  if (old.spec?.resources) removed(pod.spec?.resources ?? {}, old.spec.resources, SPEC.child("resources"), errors);
}

function removed(now: ResourceRequirements, before: ResourceRequirements, path: FieldPath, errors: Errors): void {
  for (const field of ["requests", "limits"] as const) {
    const kept = now[field] ?? {};
    if (Object.keys(before[field] ?? {}).some((name) => kept[name] === undefined)) errors.push(forbidden(path.child(field), `resource ${field} cannot be removed`));
  }
}

function restoreCompute(containers: Container[], old: readonly Container[], text: (container: Container) => string, errors: Errors): void {
  containers.forEach((container, i) => {
    const before = old[i];
    if (!before) return;
    const resizable = container.restartPolicy === "Always" || !text(container).startsWith("resources");
    if (resizable) {
      container.resources = withOldCompute(container.resources ?? {}, before.resources ?? {});
      if (before.resizePolicy) container.resizePolicy = before.resizePolicy;
    }
    if (!semanticEqual("io.k8s.api.core.v1.Container", container, before)) errors.push(forbidden(SPEC, text(container)));
  });
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
