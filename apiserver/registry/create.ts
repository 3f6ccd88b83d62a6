import type { KnownField } from "../../api/codec/json.ts";
import { cloneJson } from "../../api/patch/json-value.ts";
import { alreadyExists, badRequest, beingDeleted, definitionTerminating, type GroupKind, generateNameConflict, invalid, serverTimeout, StatusError, untyped } from "../../api/status/errors.ts";
import { validateStoredObjectMeta } from "../../api/validation/object-meta.ts";
import type { ApiObject } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { nameSuffix } from "../../lib/random.ts";
import type { AdmissionRequest } from "../admission/admission.ts";
import { keepReadableManagers } from "./admitted-managers.ts";
import { CachedObject } from "./cached-object.ts";
import { certainCurrent } from "./current.ts";
import { fieldManagerOf } from "./field-managers.ts";
import { dropDuplicateOwners } from "./owner-references.ts";
import { fillAllocated, type Outcome, type Registry, reservationOf, strategyContext, type WriteContext } from "./registry.ts";
import type { ServedKind } from "./served-kind.ts";
import type { SpecTemplate } from "./spec-template.ts";
import { asIfStored, putObject, storedBytes, toStored } from "./storage-write.ts";
import { show } from "./stored-view.ts";

/** How often another generated name is tried when the first is taken, as in Kubernetes. */
const GENERATE_ATTEMPTS = 8;
const ALLOCATE_ATTEMPTS = 16;
/** What is left of a generateName before the random end (names have at most 253 bytes, generated ones 63). */
const MAX_GENERATED_BASE = 58;

/** Somebody else took, at the same moment, a value that was meant for this object. */
class LostReservation extends Error {}

/** What is particular to a creation. */
export interface CreateOptions {
  /** Whether the caller may create, where only another verb was authorized; asked before anything is stored. @throws StatusError 403 */
  authorize?(): Promise<void>;
  /** The object's managedFields are complete: it comes from an apply. */
  readonly applied?: boolean;
  /** What is known of the object's spec from those before it: the spec may be shared until admission. */
  readonly template?: SpecTemplate | undefined;
}

/** Stores a new object: admission, the kind's own preparation and validation, then one compare-and-swap. The object is changed. */
export async function createObject(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext, options: CreateOptions = {}): Promise<Outcome> {
  const meta = object.metadata;
  matchNamespace(kind, object, context.namespace);
  const generated = !meta.name && !!meta.generateName;
  const allocated = kind.custom !== undefined || registry.allocators.some((allocator) => allocator.appliesTo(kind));
  for (let attempt = 1; ; attempt++) {
    if (kind.custom?.isTerminating()) throw definitionTerminating(kind.resource, "create");
    // What may have to be made again starts from a copy.
    const draft = generated || allocated ? (options.template?.copyOf(object) ?? cloneJson(object)) : object;
    if (generated) draft.metadata.name = meta.generateName!.slice(0, MAX_GENERATED_BASE) + nameSuffix(registry.random);
    try {
      return await createOnce(registry, kind, draft, context, options);
    } catch (error) {
      if (error instanceof LostReservation) {
        if (attempt >= ALLOCATE_ATTEMPTS) throw serverTimeout(kind.resource, "create", 1);
        await registry.cache.fresh();
        continue;
      }
      if (!generated || !(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
      if (attempt >= GENERATE_ATTEMPTS) throw generateNameConflict(kind.resource, draft.metadata.name ?? "", 1);
    }
  }
}

async function createOnce(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext, options: CreateOptions): Promise<Outcome> {
  dropDeletion(object);
  dropDuplicateOwners(object, context.warnings, false);
  if (options.applied !== true) fieldManagerOf(registry.kinds, kind, "").update(undefined, object, context.manager, rfc3339(context.now_ms));
  const admission = createAdmission(kind, object, context);
  const { managedFields } = object.metadata;
  const { template } = options;
  const isReused = template?.reuse(object, admission, registry.admission) === true;
  const admitted = isReused ? registry.admission.admitChanged(admission) : registry.admission.admit(admission);
  if (admitted !== undefined) await admitted;
  keepReadableManagers(object, managedFields, context.warnings);
  dropDuplicateOwners(object, context.warnings, true);
  fillSystemFields(registry, object, context);
  fillAllocated(registry, kind, object, undefined, context.dryRun);
  if (isReused) kind.entry.strategy.alike?.prepareForCreate(object, strategyContext(registry, context, ""));
  else kind.entry.strategy.prepareForCreate?.(object, strategyContext(registry, context, ""));
  const isPlain = validate(registry, kind, object, context, isReused);
  if (options.authorize !== undefined) await options.authorize();
  const judged = registry.admission.validate(admission);
  if (judged !== undefined) await judged;
  const name = object.metadata.name ?? "";
  const key = kind.objectKey(context.namespace, name);
  const version = object.metadata.resourceVersion;
  if (version !== undefined) delete object.metadata.resourceVersion;
  if (context.dryRun) return await showDryRun(registry, kind, key, name, version === undefined ? object : { ...object, metadata: { ...object.metadata, resourceVersion: version } });
  if (version !== undefined && /^\d+$/.test(version) && Number(version) !== 0) throw untyped(500, "resourceVersion should not be set on objects to be created");
  return await store(registry, kind, key, name, object, isPlain ? template?.stored(object, admission.chosen) : undefined);
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

/** Before anybody comes to manage them. Asked first: taking away what is not there costs a call of the runtime. */
function dropDeletion({ metadata: meta }: ApiObject): void {
  if (meta.deletionTimestamp !== undefined) delete meta.deletionTimestamp;
  if (meta.deletionGracePeriodSeconds !== undefined) delete meta.deletionGracePeriodSeconds;
}

function fillSystemFields(registry: Registry, object: ApiObject, context: WriteContext): void {
  const meta = object.metadata;
  if (meta.selfLink !== undefined) delete meta.selfLink;
  if (meta.generateName === "") delete meta.generateName;
  meta.creationTimestamp = rfc3339(context.now_ms);
  meta.uid = registry.random.uuid();
}

/** All rules of a new object, those of its spec unless that is known to be valid. Returns whether there is no warning of the spec. @throws StatusError 422 */
function validate(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext, isSpecValid: boolean): boolean {
  const { alike } = kind.entry.strategy;
  const own = alike?.warnings(object) ?? [];
  if (!isSpecValid || alike === undefined) {
    const warnings = validateAll(registry, kind, object, context);
    context.warnings.push(...warnings);
    return warnings.length === own.length;
  }
  const errors = alike.validate(object);
  if (errors.length > 0) throw invalid(kind.groupKind, object.metadata.name ?? "", errors);
  context.warnings.push(...own);
  return true;
}

/** Returns the warnings. @throws StatusError 422 */
function validateAll(registry: Registry, kind: ServedKind, object: ApiObject, context: WriteContext): readonly string[] {
  const { strategy } = kind.entry;
  const name = object.metadata.name ?? "";
  const errors = strategy.validate?.(object, strategyContext(registry, context, "")) ?? [];
  if (errors.length > 0) throw invalid(groupKindOf(kind, object), name, errors);
  const metaErrors = validateStoredObjectMeta(object.metadata, kind.entry.namespaced);
  if (metaErrors.length > 0) throw invalid(kind.groupKind, name, metaErrors);
  strategy.canonicalize?.(object);
  return strategy.warnings?.(object, undefined) ?? [];
}

/** Custom resources name their kind themselves, and errors show what they name. */
export function groupKindOf(kind: ServedKind, object: ApiObject): GroupKind {
  if (kind.custom === undefined) return kind.groupKind;
  const slash = object.apiVersion.indexOf("/");
  return { group: slash < 0 ? "" : object.apiVersion.slice(0, slash), kind: object.kind };
}

async function showDryRun(registry: Registry, kind: ServedKind, key: string, name: string, object: ApiObject): Promise<Outcome> {
  const { object: existing } = await certainCurrent(registry, kind, key);
  if (existing !== undefined) throw existsError(kind, name, existing);
  return { kind, object: await asIfStored(kind, object) };
}

async function store(registry: Registry, kind: ServedKind, key: string, name: string, object: ApiObject, known: KnownField | undefined): Promise<Outcome> {
  const storing = toStored(kind, object);
  const stored = storing instanceof Promise ? await storing : storing;
  const { written, result } = await putObject(registry, kind, key, stored, storedBytes(kind, stored, known), 0, reservationOf(registry, kind, object, undefined));
  if (written !== undefined) {
    const shown = show(kind, written);
    return { kind, cached: shown instanceof Promise ? await shown : shown };
  }
  const current = result.current[0];
  if (!current) throw new LostReservation();
  throw existsError(kind, name, CachedObject.fromStore(kind.stored, key, current.modRevision, current.value));
}

function existsError(kind: ServedKind, name: string, existing: CachedObject): StatusError {
  return existing.object().metadata.deletionTimestamp ? beingDeleted(kind.resource, name) : alreadyExists(kind.resource, name);
}
