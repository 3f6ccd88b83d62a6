import type { FieldManager } from "../../api/fieldmanager/field-manager.ts";
import { type ManagedFieldsEntry, managerId } from "../../api/fieldmanager/managed.ts";
import { equalJson } from "../../api/patch/json-value.ts";
import type { UpdateStrategy } from "../../api/kinds/kind.ts";
import { invalid as fieldInvalid } from "../../api/status/field-error.ts";
import { conflict, invalid, notFound, StatusError, staleResourceVersion } from "../../api/status/errors.ts";
import { validateStoredObjectMetaUpdate } from "../../api/validation/object-meta.ts";
import type { ApiObject } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { keepReadableManagers } from "./admitted-managers.ts";
import type { CachedObject } from "./cached-object.ts";
import { type CreateOptions, createObject, groupKindOf } from "./create.ts";
import { cachedCurrent, certainCurrent, type Current, readCurrent } from "./current.ts";
import { removeObject } from "./delete.ts";
import { fillAllocated, type Outcome, type Registry, type Reservation, reservationOf, strategyContext, type WriteContext } from "./registry.ts";
import { dropDuplicateOwners } from "./owner-references.ts";
import { isAtRevision, isAtRevisionButForManagers } from "./resource-version.ts";
import { writtenVersion } from "./resource-version-text.ts";
import type { ServedKind } from "./served-kind.ts";
import { asIfStored, fromStored, putObject, storedBytes, toStored } from "./storage-write.ts";
import { show } from "./stored-view.ts";

/** Lost races after which a write gives up. */
const MAX_ATTEMPTS = 64;

/** What an update does to the object that is there. */
export interface UpdateRequest {
  readonly name: string;
  /** "" for the resource itself. */
  readonly subresource: string;
  /** The hooks of the resource or of its subresource. */
  readonly strategy: UpdateStrategy;
  /**
   * The new object from the present one (frozen; undefined when there is none). Called again after a lost race. Its
   * result is the registry's to change. Wrong input is thrown as StatusError.
   */
  next(old: ApiObject | undefined): ApiObject | Promise<ApiObject>;
  /** Creates what is not there: some kinds' PUT, and apply. Absent: 404. */
  readonly createIfAbsent?: CreateOptions;
  /** Tracks what the write changes; absent where that is not tracked (binding, eviction) or done by `next` (apply, scale). */
  readonly fieldManager?: FieldManager;
  /** True for patches: a resourceVersion that nobody asked for is not compared, and a lost race is tried again. */
  readonly isPatch?: boolean;
  /** Skip optimistic-lock and no-op shortcuts of clients: the registry's own writes (binding, eviction). */
  readonly internal?: boolean;
  /** What `next` gives is a stored object with other amounts of its own fields, nothing empty added: it is what its bytes decode to. */
  readonly asDecoded?: boolean;
  /** What must hold besides for the write that `next` made last. */
  reserve?(): Reservation;
}

export interface UpdateOutcome extends Outcome {
  readonly created: boolean;
}

/** Reads, changes and writes an object by compare-and-swap until it succeeds or is refused on certain ground. */
export function updateObject(registry: Registry, kind: ServedKind, request: UpdateRequest, context: WriteContext): Promise<UpdateOutcome> {
  const key = kind.objectKey(context.namespace, request.name);
  return registry.cache.pending.queue.run(kind.storagePrefix + key, () => updateAlone(registry, kind, key, request, context));
}

async function updateAlone(registry: Registry, kind: ServedKind, key: string, request: UpdateRequest, context: WriteContext): Promise<UpdateOutcome> {
  const start = cachedCurrent(registry, kind, key);
  let current = start instanceof Promise ? await start : start;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const warned = context.warnings.length;
    try {
      const result = await attemptUpdate(registry, kind, key, request, context, current);
      if (!("lost" in result)) return result;
      current = result.lost;
    } catch (error) {
      if (current.certain || !(error instanceof StatusError)) throw error;
      const certain = await certainCurrent(registry, kind, key);
      if (certain.object?.revision === current.object?.revision) throw error;
      current = certain;
    }
    context.warnings.length = warned;
  }
  throw staleResourceVersion(kind.resource, request.name);
}

async function attemptUpdate(
  registry: Registry,
  kind: ServedKind,
  key: string,
  request: UpdateRequest,
  context: WriteContext,
  current: Current,
): Promise<UpdateOutcome | { lost: Current }> {
  if (current.object === undefined) return { ...(await createInstead(registry, kind, request, context)), created: true };
  const old = shownObject(kind, await show(kind, current.object));
  const next = await request.next(old);
  checkPreconditions(kind, next, old, current.object, request);
  if (request.isPatch !== true) dropDuplicateOwners(next, context.warnings, false);
  request.fieldManager?.update(old, next, context.manager, rfc3339(context.now_ms));
  const { managedFields } = next.metadata;
  await registry.admission.admit({ ...admissionOf(kind, request, context), object: next, oldObject: old });
  keepReadableManagers(next, managedFields, context.warnings);
  dropDuplicateOwners(next, context.warnings, true);
  if (request.subresource === "") fillAllocated(registry, kind, next, old, context.dryRun);
  checkUpdate(registry, kind, next, old, request, context);
  await registry.admission.validate({ ...admissionOf(kind, request, context), object: next, oldObject: old });
  return await commit(registry, kind, key, request, context, current, next, old);
}

async function commit(
  registry: Registry,
  kind: ServedKind,
  key: string,
  request: UpdateRequest,
  context: WriteContext,
  start: Current,
  next: ApiObject,
  old: ApiObject,
): Promise<UpdateOutcome | { lost: Current }> {
  const current = start.object!;
  const last = isLastUpdate(next);
  if (context.dryRun) {
    return { kind, object: await asIfStored(kind, next), created: false };
  }
  if (last) {
    const removed = await removeObject(registry, kind, current, old);
    return removed ? { kind, object: next, created: false } : { lost: await certainCurrent(registry, kind, key) };
  }
  const allocated = reservationOf(registry, kind, next, old);
  const own = request.reserve?.();
  const reservation = own === undefined ? allocated : { compare: [...allocated.compare, ...own.compare], operations: [...allocated.operations, ...own.operations] };
  const stored = await toStored(kind, next);
  const bytes = storedBytes(kind, stored);
  if (isSame(bytes, current) || onlyTimesDiffer(kind, stored, bytes, current)) {
    const certain = start.certain ? start : await certainCurrent(registry, kind, key);
    return certain.object?.revision === current.revision ? { kind, cached: await show(kind, current), created: false } : { lost: certain };
  }
  const { written, result } = await putObject(registry, kind, key, stored, bytes, current.revision, reservation, request.asDecoded === true && stored === next);
  if (written !== undefined) return { kind, cached: await show(kind, written), created: false };
  // A reservation that was lost shows in the cache once it is fresh, and then another value is chosen.
  if (reservation.compare.length > 0) return { lost: await certainCurrent(registry, kind, key) };
  return { lost: readCurrent(kind, key, result.current[0]) };
}

/** The object in this kind's own form, frozen; one of a custom resource has been shown (stored-view.ts). */
export function shownObject(kind: ServedKind, cached: CachedObject): ApiObject {
  return kind.entry.storedAs === undefined ? cached.object() : fromStored(kind, cached.copy());
}

async function createInstead(registry: Registry, kind: ServedKind, request: UpdateRequest, context: WriteContext): Promise<Outcome> {
  const certain = await certainCurrent(registry, kind, kind.objectKey(context.namespace, request.name));
  if (certain.object !== undefined) throw staleResourceVersion(kind.resource, request.name);
  if (request.createIfAbsent === undefined) throw notFound(kind.resource, request.name);
  const object = await request.next(undefined);
  const { uid } = object.metadata;
  if (uid) throw uidConflict(kind, object, request.name, context.namespace, "");
  delete object.metadata.resourceVersion;
  return await createObject(registry, kind, object, context, request.createIfAbsent);
}

function admissionOf(kind: ServedKind, request: UpdateRequest, context: WriteContext) {
  const { user, namespace, dryRun, now_ms, warnings } = context;
  return { operation: "UPDATE" as const, kind, subresource: request.subresource, namespace, name: request.name, user, dryRun, now_ms, warnings };
}

/** uid and resourceVersion of the new object against what is there. @throws StatusError 409, 422, 500 */
function checkPreconditions(kind: ServedKind, next: ApiObject, old: ApiObject, current: CachedObject, request: UpdateRequest): void {
  const { uid } = next.metadata;
  if (uid && uid !== old.metadata.uid && !request.isPatch) throw uidConflict(kind, next, request.name, current.namespace, old.metadata.uid ?? "");
  const version = writtenVersion(next.metadata.resourceVersion);
  if (version === 0) {
    if (kind.entry.strategy.allowUnconditionalUpdate === false && !request.internal) {
      const error = fieldInvalid("metadata.resourceVersion", 0, "must be specified for an update");
      throw invalid({ group: kind.entry.group, kind: kind.entry.plural }, request.name, [error]);
    }
    next.metadata.resourceVersion = String(current.revision);
  } else if (version !== current.revision) throw staleResourceVersion(kind.resource, request.name);
}

function uidConflict(kind: ServedKind, object: ApiObject, name: string, namespace: string, found: string): StatusError {
  const text = `StorageError: invalid object, Code: 4, Key: ${kind.storageKey(namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${object.metadata.uid}, UID in object meta: ${found}`;
  return conflict(kind.resource, name, text);
}

/** What an update may not touch is carried over; then the kind's own rules. @throws StatusError 422 */
function checkUpdate(registry: Registry, kind: ServedKind, next: ApiObject, old: ApiObject, request: UpdateRequest, context: WriteContext): void {
  const hooks = strategyContext(registry, context, request.subresource);
  const meta = next.metadata;
  if (old.metadata.generation === undefined) delete meta.generation;
  else meta.generation = old.metadata.generation;
  delete meta.selfLink;
  request.strategy.prepareForUpdate?.(next, old, hooks);
  if (!meta.uid && old.metadata.uid) meta.uid = old.metadata.uid;
  meta.creationTimestamp = old.metadata.creationTimestamp ?? rfc3339(context.now_ms);
  if (old.metadata.deletionTimestamp) meta.deletionTimestamp = old.metadata.deletionTimestamp;
  if (old.metadata.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.metadata.deletionGracePeriodSeconds;
  const errors = [...validateStoredObjectMetaUpdate(meta, old.metadata, kind.entry.namespaced), ...(request.strategy.validateUpdate?.(next, old, hooks) ?? [])];
  if (errors.length > 0) throw invalid(groupKindOf(kind, next), meta.name ?? request.name, errors);
  kind.entry.strategy.canonicalize?.(next);
  context.warnings.push(...(request.strategy.warnings?.(next, old) ?? []));
}

/** A terminating object without finalizers and grace goes with this update. */
function isLastUpdate(next: ApiObject): boolean {
  const meta = next.metadata;
  if (!meta.deletionTimestamp || (meta.finalizers?.length ?? 0) > 0 || (meta.deletionGracePeriodSeconds ?? 0) !== 0) return false;
  return next.kind !== "Namespace" || next.apiVersion !== "v1" || namespaceIsEmpty(next);
}

function namespaceIsEmpty(namespace: ApiObject): boolean {
  const { spec } = namespace;
  return typeof spec !== "object" || spec === null || !("finalizers" in spec) || !Array.isArray(spec.finalizers) || spec.finalizers.length === 0;
}

/**
 * Nothing would change but when somebody last changed a field to what it was (the kind's strategy or admission took his
 * change back): no write. The bytes tell most writes apart; those that differ in managedFields alone are compared.
 */
function onlyTimesDiffer(kind: ServedKind, object: ApiObject, stored: Buffer, current: CachedObject): boolean {
  const entries = object.metadata.managedFields;
  // A time that was taken away or added makes the bytes another length.
  if (entries === undefined || !(isAtRevisionButForManagers(stored, current.bytes, current.revision) || hasTimeless(entries) || hasTimeless(current.object().metadata.managedFields ?? []))) return false;
  const before = current.object().metadata.managedFields;
  if (before?.length !== entries.length) return false;
  // There may be thousands of managers.
  const byId = new Map(before.map((entry) => [managerId(entry), entry]));
  if (!entries.every((entry) => isSameManager(entry, byId.get(managerId(entry))))) return false;
  const timeless = { ...object, metadata: { ...object.metadata, managedFields: before } };
  return isSame(storedBytes(kind, timeless), current);
}

function hasTimeless(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.some(({ time }) => time === undefined);
}

/** The same manager of the same fields, whenever he changed them. */
function isSameManager({ time: _now, ...entry }: ManagedFieldsEntry, same: ManagedFieldsEntry | undefined): boolean {
  if (same === undefined) return false;
  const { time: _then, ...other } = same;
  return equalJson(entry, other);
}

/** Nothing would change but the revision. */
function isSame(stored: Buffer, current: CachedObject): boolean {
  return isAtRevision(stored, current.bytes, current.revision);
}
