import { DecodeError } from "../codec/decode-error.ts";
import { parseExactJson } from "../codec/exact-json.ts";
import { decodeJson, encodeObject } from "../codec/json.ts";
import { plainText } from "../codec/raw.ts";
import { zeroObject } from "../codec/zero.ts";
import { conversionError } from "../patch/conversion.ts";
import { cloneJson, isMap, type JsonMap, memberOf } from "../patch/json-value.ts";
import { badRequest, untyped } from "../status/errors.ts";
import type { ApiObject } from "../wire.ts";
import { capUpdaters } from "./cap.ts";
import { ConflictError } from "./conflicts.ts";
import { difference, EMPTY, type FieldSet, fieldSetOf, isEmpty, union } from "./field-set.ts";
import { fieldsLastApplied, KUBECTL, updateLastApplied } from "./last-applied.ts";
import { decodeManaged, encodeManaged, type Managed, ManagedFieldsError, type ManagedFieldsEntry, type ManagerFields, managerId, noManaged } from "./managed.ts";
import type { MergeType } from "./merge-type.ts";
import { internedSet } from "./interned.ts";
import { fieldElement } from "./path-element.ts";
import type { FieldFilter } from "./reset-fields.ts";
import { ShapeCache } from "./shape.ts";
import { applyConfiguration, trackUpdate, type Versions, type Writing } from "./updater.ts";
import { validateConfiguration } from "./validate.ts";

/** A resource or subresource whose writes are tracked. */
export interface ManagedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** undefined: a custom resource. */
  readonly definition: string | undefined;
  readonly type: MergeType;
  /** "" for the resource itself. */
  readonly subresource: string;
  /** See reset-fields.ts. */
  readonly filter: FieldFilter;
  /** Other versions of the kind; absent: there are none. */
  readonly versions?: Versions;
}

export interface ApplyRequest {
  readonly config: JsonMap | undefined;
  /** "" is written as `unknown`. */
  readonly manager: string;
  /** Take fields from other managers. */
  readonly force: boolean;
  /** RFC 3339, to the second. */
  readonly now: string;
}

/** Manager of what was there before the first apply. */
const BEFORE_FIRST_APPLY = "before-first-apply";
/** What the server alone decides about: nobody manages it. */
const UNMANAGED = fieldSetOf(
  ...[["apiVersion"], ["kind"], ["metadata"], ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"].map((name) => ["metadata", name])].map((path) =>
    path.map(fieldElement),
  ),
);

/** Keeps metadata.managedFields true over the writes of one resource, and carries out server-side apply. */
export class FieldManager {
  readonly #kind: ManagedKind;
  readonly #apiVersion: string;
  readonly #writing: Writing;
  readonly #shapes = new ShapeCache();

  constructor(kind: ManagedKind) {
    this.#kind = kind;
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    const alone: Versions = { typeOf: (version) => (version === apiVersion ? kind.type : undefined), convert: (value) => value };
    this.#apiVersion = apiVersion;
    this.#writing = { versions: kind.versions ?? alone, type: kind.type, apiVersion, filter: kind.filter };
  }

  /**
   * Sets the managedFields of an object that is about to be written other than by apply. `live` is what is there
   * (undefined: nothing), `next` the new object, defaulted, before the kind's strategy has seen it; it is changed.
   */
  update(live: ApiObject | undefined, next: ApiObject, manager: string, now: string): void {
    if (live === undefined && !next.metadata.managedFields?.length) {
      setManaged(next, this.#managedOfNew(unmanaged(next), manager, now));
      return;
    }
    const managed = this.#managedOf(live, next);
    const before = live ?? this.#nothing();
    // Who never applied to an object that is not tracked does not start it.
    if (managed.fields.size > 0 || !live?.metadata.uid) this.#track(unmanaged(before), unmanaged(next), managed, manager, now);
    setManaged(next, managed);
  }

  /** Of a new object: its maker owns all of it. */
  #managedOfNew(object: ApiObject, manager: string, now: string): Managed {
    const managed = noManaged();
    const set = this.#shapes.fieldsOf(this.#kind.type, object, () => this.#fieldsOfNew(object));
    if (!isEmpty(set)) add(managed, this.#updaterId(manager), { set, apiVersion: this.#apiVersion, applied: false }, now);
    return managed;
  }

  #fieldsOfNew(object: ApiObject): FieldSet {
    const { fields } = noManaged();
    trackUpdate(this.#writing, this.#nothing(), object, fields, CURRENT);
    const made = difference(fields.get(CURRENT)?.set ?? EMPTY, UNMANAGED);
    return isEmpty(made) ? EMPTY : internedSet(made).set;
  }

  #updaterId(manager: string): string {
    return managerId({ manager: manager === "" ? "unknown" : manager, operation: "Update", apiVersion: this.#apiVersion, subresource: this.#kind.subresource });
  }

  /** Managers as the request may set them itself: `[]` and `[{}]` forget all, what cannot be understood counts as not said. */
  #managedOf(live: ApiObject | undefined, next: ApiObject): Managed {
    if (this.#kind.subresource === "") {
      const given = next.metadata.managedFields;
      if (given?.length === 0 || (given?.length === 1 && isBareEntry(given[0]))) return noManaged();
      const managed = decodeOrNone(given);
      if (managed.fields.size > 0) return managed;
    }
    return decodeOrNone(live?.metadata.managedFields);
  }

  /** `managed` is changed. */
  #track(live: unknown, next: unknown, managed: Managed, manager: string, now: string): void {
    const id = this.#updaterId(manager);
    trackUpdate(this.#writing, live, next, managed.fields, CURRENT, id);
    const taken = managed.fields.get(CURRENT);
    managed.fields.delete(CURRENT);
    const set = taken === undefined ? EMPTY : difference(taken.set, UNMANAGED);
    if (taken !== undefined && !isEmpty(set)) add(managed, id, { ...taken, set }, now);
    capUpdaters(managed);
  }

  /**
   * The object with the configuration applied: normalised, its defaults not filled in yet.
   * @throws StatusError 400 (another kind, managedFields), 409 (conflicts), 500 (not of the kind's form: Kubernetes has no better word)
   */
  apply(live: ApiObject | undefined, request: ApplyRequest): ApiObject {
    const config = this.#checkedConfig(request.config);
    const before = this.#wireForm(live ?? this.#nothing());
    const attempt = (force: boolean): ApiObject => this.#applyTo(live, before, config, { ...request, force });
    try {
      const object = request.manager === KUBECTL ? this.#applyAsKubectl(before, attempt, request.force) : attempt(request.force);
      if (request.manager === KUBECTL) updateLastApplied(object, config);
      return object;
    } catch (error) {
      if (error instanceof ConflictError) throw error.toStatus();
      throw error;
    }
  }

  /** kubectl may take over what its own client-side apply left, though another name stands there. */
  #applyAsKubectl(before: unknown, attempt: (force: boolean) => ApiObject, force: boolean): ApiObject {
    try {
      return attempt(force);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const own = fieldsLastApplied(this.#kind.type, this.#apiVersion, before);
      if (own === undefined) throw error;
      const left = error.without(own);
      if (left !== undefined) throw left;
      return attempt(true);
    }
  }

  #checkedConfig(config: JsonMap | undefined): JsonMap {
    const { group, version, kind, type } = this.#kind;
    const named = groupVersionKind(config);
    if (config === undefined || named.group !== group || named.version !== version || named.kind !== kind) throw badRequest(`invalid object type: ${gvkText(named)}`);
    const metadata = memberOf(config, "metadata");
    if (isMap(metadata) && (memberOf(metadata, "managedFields") ?? null) !== null) throw badRequest("metadata.managedFields must be nil");
    const fault = validateConfiguration(type, config);
    if (fault !== undefined) throw untyped(500, `failed to create typed patch object (${this.#describe(config)}): ${fault}`);
    return config;
  }

  /** `NAMESPACE/NAME; GROUP/VERSION, Kind=KIND`. */
  #describe(config: JsonMap): string {
    const metadata = memberOf(config, "metadata");
    const text = (name: string): string => {
      const value = isMap(metadata) ? memberOf(metadata, name) : undefined;
      return typeof value === "string" ? value : "";
    };
    return `${text("namespace")}/${text("name")}; ${gvkText(this.#kind)}`;
  }

  #applyTo(live: ApiObject | undefined, before: unknown, config: JsonMap, { manager, force, now }: ApplyRequest): ApiObject {
    const managed = decodeManaged(live?.metadata.managedFields);
    if (managed.fields.size === 0 && live !== undefined) this.#track(this.#wireForm(this.#nothing()), before, managed, BEFORE_FIRST_APPLY, now);
    const id = managerId({ manager: manager === "" ? "unknown" : manager, operation: "Apply", subresource: this.#kind.subresource });
    const result = applyConfiguration(this.#writing, before, config, managed.fields, id, force);
    const mine = managed.fields.get(id);
    if (mine !== undefined) {
      const set = difference(mine.set, UNMANAGED);
      if (isEmpty(set)) managed.fields.delete(id);
      else managed.fields.set(id, { ...mine, set });
    }
    if (result !== undefined) managed.times.set(id, now);
    const object = result === undefined ? cloneJson(live ?? this.#nothing()) : this.#fromWire(result, config);
    setManaged(object, managed);
    return object;
  }

  #nothing(): ApiObject {
    const { definition, kind } = this.#kind;
    const fields = definition === undefined ? {} : zeroObject(definition);
    return { ...fields, apiVersion: this.#apiVersion, kind, metadata: {} };
  }

  #wireForm(object: ApiObject): unknown {
    return parseExactJson(encodeObject(this.#kind.definition, unmanaged(object)));
  }

  #fromWire(value: unknown, config: JsonMap): ApiObject {
    const { definition, kind } = this.#kind;
    if (definition !== undefined) this.#checkConversion(definition, value, config);
    try {
      const { object } = decodeJson(definition, plainText(value), "Ignore");
      return { ...object, apiVersion: this.#apiVersion, kind, metadata: object.metadata ?? {} };
    } catch (error) {
      if (error instanceof DecodeError) throw this.#notConvertible(config, error.message);
      throw error;
    }
  }

  #checkConversion(definition: string, value: unknown, config: JsonMap): void {
    const fault = conversionError(definition, value);
    if (fault !== undefined) throw this.#notConvertible(config, fault);
  }

  #notConvertible(config: JsonMap, fault: string): Error {
    return untyped(500, `failed to convert new object (${this.#describe(config)}) to proper version: unable to convert unstructured object to ${gvkText(this.#kind)}: ${fault}`);
  }
}

/** A manager comes to own more. `managed` is changed. */
function add(managed: Managed, id: string, taken: ManagerFields, now: string): void {
  const previous = managed.fields.get(id);
  managed.fields.set(id, previous === undefined ? taken : { ...taken, set: union(previous.set, taken.set) });
  managed.times.set(id, now);
}

/** Stands for the manager of a write while its fields are found. */
const CURRENT = "current-operation";

function unmanaged(object: ApiObject): ApiObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function setManaged(object: ApiObject, managed: Managed): void {
  if (managed.fields.size === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = encodeManaged(managed);
}

function isBareEntry(entry: ManagedFieldsEntry | undefined): boolean {
  return entry !== undefined && Object.keys(entry).length === 0;
}

function decodeOrNone(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  try {
    return decodeManaged(entries);
  } catch (error) {
    if (error instanceof ManagedFieldsError) return noManaged();
    throw error;
  }
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function groupVersionKind(config: JsonMap | undefined): GroupVersionKind {
  const text = (name: string): string => {
    const value = config === undefined ? undefined : memberOf(config, name);
    return typeof value === "string" ? value : "";
  };
  const parts = text("apiVersion").split("/");
  if (parts.length > 2) return { group: "", version: "", kind: "" };
  const version = parts.pop() ?? "";
  return { group: parts[0] ?? "", version, kind: text("kind") };
}

function gvkText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}
