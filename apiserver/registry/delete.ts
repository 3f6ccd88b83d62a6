import { conflict, notFound, StatusError, staleResourceVersion, success } from "../../api/status/errors.ts";
import type { ApiObject, Pod, Status } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { CachedObject } from "./cached-object.ts";
import { cachedCurrent, certainCurrent, type Current, readCurrent } from "./current.ts";
import type { DeleteOptions, Disruption } from "./delete-options.ts";
import { saysNothingOfDependents, withGarbageFinalizers } from "./garbage-finalizers.ts";
import { NO_RESERVATION, type Outcome, type Registry, reservationOf, type WriteContext } from "./registry.ts";
import type { ServedKind } from "./served-kind.ts";
import { fromStored, putObject, storedBytes, toStored } from "./storage-write.ts";
import { show } from "./stored-view.ts";

const MAX_ATTEMPTS = 64;

/** What a DELETE ended with: the object (terminating or gone), or a Status. `deleted` is false while the object still terminates. */
export interface DeleteOutcome {
  readonly deleted: boolean;
  readonly shown: Outcome | { readonly status: Status };
}

interface Deletion {
  readonly kind: ServedKind;
  readonly name: string;
  readonly key: string;
  readonly options: DeleteOptions;
  readonly context: WriteContext;
}

/** Deletes an object, at once or gracefully: finalizers, grace periods and dependents as Kubernetes treats them. @throws StatusError 404, 409 */
export function deleteObject(registry: Registry, kind: ServedKind, name: string, options: DeleteOptions, context: WriteContext): Promise<DeleteOutcome> {
  const deletion: Deletion = { kind, name, key: kind.objectKey(context.namespace, name), options, context };
  const { warning } = kind.entry.strategy.orphansDependents ?? {};
  if (warning !== undefined && saysNothingOfDependents(options)) context.warnings.push(warning);
  return registry.cache.pending.queue.run(kind.storagePrefix + deletion.key, () => deleteAlone(registry, deletion));
}

async function deleteAlone(registry: Registry, deletion: Deletion): Promise<DeleteOutcome> {
  const { kind, name } = deletion;
  const start = cachedCurrent(registry, kind, deletion.key);
  let current = start instanceof Promise ? await start : start;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    try {
      const result = await attemptDelete(registry, deletion, current);
      if (!("lost" in result)) return result;
      current = result.lost;
    } catch (error) {
      if (current.certain || !(error instanceof StatusError)) throw error;
      const certain = await certainCurrent(registry, kind, deletion.key);
      if (certain.object?.revision === current.object?.revision) throw error;
      current = certain;
    }
  }
  throw staleResourceVersion(kind.resource, name);
}

async function attemptDelete(registry: Registry, deletion: Deletion, current: Current): Promise<DeleteOutcome | { lost: Current }> {
  const { kind, name, options, context } = deletion;
  if (current.object === undefined) throw notFound(kind.resource, name);
  const shown = await show(kind, current.object);
  const old = isPlain(kind) ? shown.object() : fromStored(kind, shown.copy());
  checkPreconditions(kind, name, old, options);
  const { user, namespace, dryRun, now_ms, warnings } = context;
  const admission = { operation: "DELETE" as const, kind, subresource: "", namespace, name, oldObject: old, user, dryRun, now_ms, warnings };
  await registry.admission.admit(admission);
  await registry.admission.validate(admission);
  if (kind.entry.kind === "Namespace" && kind.entry.group === "") return await deleteNamespace(registry, deletion, current, old);
  const step = nextStep(kind, old, options, context.now_ms);
  if (step.type === "nothing") return { deleted: false, shown: { kind, cached: shown } };
  if (context.dryRun) return dryAnswer(deletion, step, current.object, old);
  if (step.type === "remove") return await remove(registry, deletion, current.object, old);
  const marked = await mark(registry, deletion, current.object, step.object);
  if ("lost" in marked) return marked;
  if (!step.thenRemove) return { deleted: false, shown: { kind, cached: await show(kind, marked.written) } };
  return await remove(registry, deletion, marked.written, step.object);
}

/** @throws StatusError 409 */
function checkPreconditions(kind: ServedKind, name: string, old: ApiObject, options: DeleteOptions): void {
  const resource = { group: kind.entry.group, resource: kind.entry.kind };
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== old.metadata.uid) {
    throw conflict(resource, name, `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(resource, name, `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`);
  }
}

type Step =
  | { readonly type: "nothing" }
  | { readonly type: "remove" }
  /** Written with its deletionTimestamp; removed right afterwards where no grace and no finalizer is left. */
  | { readonly type: "mark"; readonly object: ApiObject; readonly thenRemove: boolean };

/** A deletion changes nothing but the metadata of its objects, and they are stored as they are shown. */
function isPlain({ entry, view }: ServedKind): boolean {
  return view === undefined && entry.storedAs === undefined && entry.strategy.markForDeletion === undefined;
}

/** Decides what this DELETE does to the object; changes nothing. */
function nextStep(kind: ServedKind, old: ApiObject, options: DeleteOptions, now_ms: number): Step {
  const object = isPlain(kind) ? { ...old, metadata: { ...old.metadata } } : structuredClone(old);
  const meta = object.metadata;
  if (!meta.deletionTimestamp && kind.entry.strategy.markForDeletion !== undefined) {
    meta.deletionTimestamp = rfc3339(now_ms);
    kind.entry.strategy.markForDeletion(object, meta.deletionTimestamp);
    return { type: "mark", object, thenRemove: false };
  }
  const requested_s = options.gracePeriodSeconds === undefined ? undefined : options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds;
  const grace_s = kind.entry.strategy.gracePeriod_s?.(old, requested_s);
  if (grace_s === undefined) {
    const changed = withGarbageFinalizers(object, options, kind.entry.strategy.orphansDependents !== undefined);
    if ((meta.finalizers?.length ?? 0) === 0) return { type: "remove" };
    if (meta.deletionTimestamp && !changed) return meta.deletionGracePeriodSeconds === 0 ? { type: "nothing" } : markNow(object, now_ms);
    return meta.deletionTimestamp ? { type: "mark", object, thenRemove: false } : markNow(object, now_ms);
  }
  if (meta.deletionTimestamp) {
    const left_s = meta.deletionGracePeriodSeconds;
    if (left_s === undefined) return { type: "remove" };
    if (requested_s === undefined || requested_s >= left_s) {
      return left_s === 0 && (meta.finalizers?.length ?? 0) === 0 ? { type: "remove" } : { type: "nothing" };
    }
    meta.deletionTimestamp = rfc3339(Date.parse(meta.deletionTimestamp) + (requested_s - left_s) * 1000);
    meta.deletionGracePeriodSeconds = requested_s;
  } else {
    meta.deletionTimestamp = rfc3339(now_ms + grace_s * 1000);
    meta.deletionGracePeriodSeconds = grace_s;
    if ((meta.generation ?? 0) > 0) meta.generation = (meta.generation ?? 0) + 1;
  }
  withGarbageFinalizers(object, options);
  if (options.disruption !== undefined && !old.metadata.deletionTimestamp) markDisrupted(object as Pod, options.disruption, now_ms);
  return { type: "mark", object, thenRemove: meta.deletionGracePeriodSeconds === 0 && (meta.finalizers?.length ?? 0) === 0 };
}

function markDisrupted(pod: Pod, { reason, message }: Disruption, now_ms: number): void {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
  const disrupted = { type: "DisruptionTarget", status: "True", lastProbeTime: null as unknown as string, lastTransitionTime: rfc3339(now_ms), reason, ...(message !== "" && { message }) };
  pod.status = { ...pod.status, conditions: [...others, disrupted] };
}

function markNow(object: ApiObject, now_ms: number): Step {
  const meta = object.metadata;
  if (!meta.deletionTimestamp && (meta.generation ?? 0) > 0) meta.generation = (meta.generation ?? 0) + 1;
  meta.deletionTimestamp ??= rfc3339(now_ms);
  meta.deletionGracePeriodSeconds = 0;
  return { type: "mark", object, thenRemove: false };
}

function dryAnswer(deletion: Deletion, step: Step, current: CachedObject, old: ApiObject): DeleteOutcome {
  const object = step.type === "mark" ? step.object : old;
  const deleted = step.type === "remove" || (step.type === "mark" && step.thenRemove);
  return { deleted, shown: deleted ? removedAnswer(deletion, current, object) : { kind: deletion.kind, object } };
}

/** What a DELETE that removed the object answers: for some kinds the object, for the others a Status. */
function removedAnswer(deletion: Deletion, current: CachedObject | undefined, old: ApiObject): Outcome | { status: Status } {
  const { kind, name } = deletion;
  if (kind.entry.strategy.returnDeletedObject === true) return { kind, object: current === undefined ? old : { ...old, metadata: { ...old.metadata, resourceVersion: String(current.revision) } } };
  return { status: success({ name, group: kind.entry.group, kind: kind.entry.plural, uid: old.metadata.uid ?? "" }) };
}

async function mark(registry: Registry, deletion: Deletion, current: CachedObject, object: ApiObject): Promise<{ written: CachedObject } | { lost: Current }> {
  const { kind, key } = deletion;
  const stored = await toStored(kind, object);
  const { written, result } = await putObject(registry, kind, key, stored, storedBytes(kind, stored), current.revision, NO_RESERVATION, isPlain(kind));
  return written === undefined ? { lost: readCurrent(kind, key, result.current[0]) } : { written };
}

async function remove(registry: Registry, deletion: Deletion, current: CachedObject, old: ApiObject): Promise<DeleteOutcome | { lost: Current }> {
  if (await removeObject(registry, deletion.kind, current, old)) return { deleted: true, shown: removedAnswer(deletion, current, old) };
  return { lost: await certainCurrent(registry, deletion.kind, deletion.key) };
}

/** Takes the object out of the store, with what it had reserved; false when it is no longer at that revision. */
export async function removeObject(registry: Registry, kind: ServedKind, current: CachedObject, old: ApiObject): Promise<boolean> {
  const key = kind.storagePrefix + current.key;
  const freed = reservationOf(registry, kind, undefined, old);
  const result = await registry.store.txn({ compare: [{ key, modRevision: current.revision }, ...freed.compare], operations: [{ type: "delete", key }, ...freed.operations] });
  return result.succeeded;
}

/** A Namespace terminates: its phase says so, and the namespace controller empties it before the last finalizer goes. */
async function deleteNamespace(registry: Registry, deletion: Deletion, current: Current, old: ApiObject): Promise<DeleteOutcome | { lost: Current }> {
  const { kind, options, context } = deletion;
  const object = structuredClone(old) as ApiObject & { spec?: { finalizers?: string[] }; status?: { phase?: string } };
  const cached = current.object!;
  if (!object.metadata.deletionTimestamp) {
    object.metadata.deletionTimestamp = rfc3339(context.now_ms);
    object.status = { ...object.status, phase: "Terminating" };
    withGarbageFinalizers(object, options);
    if (context.dryRun) return { deleted: false, shown: { kind, object } };
    const marked = await mark(registry, deletion, cached, object);
    return "lost" in marked ? marked : { deleted: false, shown: { kind, cached: marked.written } };
  }
  if ((object.spec?.finalizers?.length ?? 0) > 0 || (object.metadata.finalizers?.length ?? 0) > 0) return { deleted: false, shown: { kind, cached } };
  return context.dryRun ? { deleted: true, shown: removedAnswer(deletion, cached, old) } : await remove(registry, deletion, cached, old);
}
