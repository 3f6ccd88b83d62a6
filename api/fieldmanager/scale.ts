import { difference, EMPTY, type FieldSet, fieldSetOf, intersection, isEmpty } from "./field-set.ts";
import { decodeManaged, encodeManaged, type Managed, type ManagedFieldsEntry, noManaged } from "./managed.ts";
import { fieldElement } from "./path-element.ts";

const SCALE_VERSION = "autoscaling/v1";
const REPLICAS_OF_SCALE = fieldSetOf([fieldElement("spec"), fieldElement("replicas")]);

/** Where the versions of a kind keep their replicas: path (`spec.replicas`) by apiVersion. */
export type ReplicasPaths = Readonly<Record<string, string>>;

/** The managers of an object as a Scale of it shows them: those of its replicas. */
export function managersOfScale(entries: readonly ManagedFieldsEntry[] | undefined, paths: ReplicasPaths): ManagedFieldsEntry[] {
  const whole = decodeManaged(entries);
  const scale = noManaged();
  for (const [id, fields] of whole.fields) {
    const replicas = replicasOf(paths, fields.apiVersion);
    if (replicas === undefined || isEmpty(intersection(fields.set, replicas))) continue;
    scale.fields.set(id, { set: REPLICAS_OF_SCALE, apiVersion: SCALE_VERSION, applied: fields.applied });
    copyTime(scale, whole, id);
  }
  return encodeManaged(scale);
}

/** The managers of an object after a write to its Scale. `apiVersion` is the object's. */
export function managersAfterScale(entries: readonly ManagedFieldsEntry[] | undefined, scaleEntries: readonly ManagedFieldsEntry[] | undefined, paths: ReplicasPaths, apiVersion: string): ManagedFieldsEntry[] {
  const whole = decodeManaged(entries);
  const scale = decodeManaged(scaleEntries);
  const result = noManaged();
  for (const [id, fields] of whole.fields) {
    const replicas = replicasOf(paths, fields.apiVersion);
    if (replicas === undefined) continue;
    const lost = !scale.fields.has(id) && !isEmpty(intersection(fields.set, replicas));
    const set = lost ? difference(fields.set, replicas) : fields.set;
    if (!isEmpty(intersection(fields.set, replicas))) scale.fields.delete(id);
    if (isEmpty(set)) continue;
    result.fields.set(id, { ...fields, set });
    copyTime(result, whole, id);
  }
  for (const [id, { set, applied }] of scale.fields) {
    if (isEmpty(intersection(set, REPLICAS_OF_SCALE))) continue;
    result.fields.set(id, { set: replicasOf(paths, apiVersion) ?? EMPTY, apiVersion, applied });
    // As in Kubernetes, who is new here has no time.
    copyTime(result, whole, id);
  }
  return encodeManaged(result);
}

function replicasOf(paths: ReplicasPaths, apiVersion: string): FieldSet | undefined {
  const path = Object.hasOwn(paths, apiVersion) ? paths[apiVersion] : undefined;
  return path === undefined ? undefined : fieldSetOf(path.split(".").map(fieldElement));
}

function copyTime(to: Managed, from: Managed, id: string): void {
  const time = from.times.get(id);
  if (time !== undefined) to.times.set(id, time);
}
