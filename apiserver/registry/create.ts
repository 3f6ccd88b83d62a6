import { alreadyExists, badRequest, beingDeleted, generateNameConflict, invalid, StatusError, untyped } from "../../api/status/errors.ts";
import { validateStoredObjectMeta } from "../../api/validation/object-meta.ts";
import type { ApiObject } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { nameSuffix } from "../../lib/random.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { CachedObject } from "./cached-object.ts";
import { NO_RESERVATION, type Outcome, type Registry, type Reservation, type WriteContext } from "./registry.ts";
import type { ServedKind } from "./served-kind.ts";
import { putObject, storedBytes, toStored } from "./storage-write.ts";

/** How often another generated name is tried when the first is taken, as in Kubernetes. */
const GENERATE_ATTEMPTS = 8;
const ALLOCATE_ATTEMPTS = 16;
/** What is left of a generateName before the random end (names have at most 253 bytes, generated ones 63). */
const MAX_GENERATED_BASE = 58;

/** Stores a new object: admission, the kind's own preparation and validation, then one compare-and-swap. The object is changed. */
export async function createObject(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext): Promise<Outcome> {
  const meta = object.metadata;
  matchNamespace(kind, object, context.namespace);
  const generated = !meta.name && !!meta.generateName;
  for (let attempt = 1; ; attempt++) {
    const draft = generated && attempt < GENERATE_ATTEMPTS ? structuredClone(object) : object;
    if (generated) draft.metadata.name = meta.generateName!.slice(0, MAX_GENERATED_BASE) + nameSuffix(registry.random);
    try {
      return await createOnce(registry, kind, draft, context);
    } catch (error) {
      if (!generated || !(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
      if (attempt === GENERATE_ATTEMPTS) throw generateNameConflict(kind.resource, draft.metadata.name ?? "", 1);
    }
  }
}

async function createOnce(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext): Promise<Outcome> {
  const admission = createAdmission(kind, object, context);
  await registry.admission.admit(admission);
  prepare(registry, kind, object, context);
  validate(kind, object, context);
  await registry.admission.validate(admission);
  const name = object.metadata.name ?? "";
  const key = kind.objectKey(context.namespace, name);
  const version = object.metadata.resourceVersion;
  delete object.metadata.resourceVersion;
  if (context.dryRun) return await showDryRun(registry, kind, key, name, object);
  if (version !== undefined && /^\d+$/.test(version) && Number(version) !== 0) throw untyped(500, "resourceVersion should not be set on objects to be created");
  return await store(registry, kind, key, name, object);
}

function createAdmission(kind: ServedKind, object: ApiObject, context: WriteContext): AdmissionRequest {
  const { user, namespace, dryRun, now_ms, warnings } = context;
  return { operation: "CREATE", kind, subresource: "", namespace, name: object.metadata.name ?? "", object, user, dryRun, now_ms, warnings };
}

/** Puts the request's namespace into the object. @throws StatusError 400 when it names another */
export function matchNamespace(kind: ServedKind, object: ApiObject, namespace: string): void {
  if (!kind.entry.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  if (!object.metadata.namespace) object.metadata.namespace = namespace;
  else if (object.metadata.namespace !== namespace) throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

function prepare(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext): void {
  const meta = object.metadata;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
  kind.entry.strategy.prepareForCreate?.(object, { user: context.user, now_ms: context.now_ms, subresource: "" });
  meta.creationTimestamp = rfc3339(context.now_ms);
  meta.uid = registry.random.uuid();
  if (meta.generateName === "") delete meta.generateName;
}

function validate(kind: ServedKind, object: ApiObject, context: WriteContext): void {
  const { strategy } = kind.entry;
  const name = object.metadata.name ?? "";
  const errors = strategy.validate?.(object, { user: context.user, now_ms: context.now_ms, subresource: "" }) ?? [];
  if (errors.length > 0) throw invalid(kind.groupKind, name, errors);
  const metaErrors = validateStoredObjectMeta(object.metadata, kind.entry.namespaced);
  if (metaErrors.length > 0) throw invalid(kind.groupKind, name, metaErrors);
  context.warnings.push(...(strategy.warnings?.(object, undefined) ?? []));
}

async function showDryRun(registry: Registry, kind: ServedKind, key: string, name: string, object: ApiObject): Promise<Outcome> {
  await registry.cache.fresh();
  const existing = registry.cache.of(kind).get(key);
  if (existing !== undefined) throw existsError(kind, name, existing);
  for (const allocator of registry.allocators) if (allocator.appliesTo(kind)) await allocator.allocate(object, undefined, { dryRun: true, attempt: 0 });
  return { kind, object };
}

async function store(registry: Registry, kind: ServedKind, key: string, name: string, object: ApiObject): Promise<Outcome> {
  for (let attempt = 0; ; attempt++) {
    const reservation = await reserve(registry, kind, object, undefined, attempt);
    const stored = toStored(kind, object);
    const { written, result } = await putObject(registry, kind, key, stored, storedBytes(kind, stored), 0, reservation);
    if (written !== undefined) return { kind, cached: written };
    const current = result.current[0];
    if (current) throw existsError(kind, name, CachedObject.fromStore(kind.stored, key, current.modRevision, current.value));
    if (reservation === NO_RESERVATION || attempt >= ALLOCATE_ATTEMPTS) throw untyped(500, `the write of ${kind.storagePrefix}${key} lost against others ${attempt + 1} times`);
  }
}

/** Values that must be unique in the cluster, taken together with the write. */
export async function reserve(registry: Registry, kind: ServedKind, object: ApiObject, old: ApiObject | undefined, attempt: number): Promise<Reservation> {
  let reservation = NO_RESERVATION;
  for (const allocator of registry.allocators) {
    if (!allocator.appliesTo(kind)) continue;
    const own = await allocator.allocate(object, old, { dryRun: false, attempt });
    reservation = { compare: [...reservation.compare, ...own.compare], operations: [...reservation.operations, ...own.operations] };
  }
  return reservation;
}

function existsError(kind: ServedKind, name: string, existing: CachedObject): StatusError {
  return existing.object().metadata.deletionTimestamp ? beingDeleted(kind.resource, name) : alreadyExists(kind.resource, name);
}
