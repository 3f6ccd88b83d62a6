import { quoteJson } from "../codec/json-text.ts";
import { goQuote } from "../status/go-text.ts";
import type { ObjectMeta } from "../wire.ts";
import { EMPTY, type FieldSet } from "./field-set.ts";
import { internedFields, internedSet } from "./interned.ts";

export type ManagedFieldsEntry = NonNullable<ObjectMeta["managedFields"]>[number];

/** The fields of one manager. */
export interface ManagerFields {
  readonly set: FieldSet;
  /** In the terms of which version the paths are. */
  readonly apiVersion: string;
  /** By server-side apply, not by another write. */
  readonly applied: boolean;
}

/** Who manages which fields; managers by `managerId`. Times in RFC 3339, to the second; a manager may have none. */
export interface Managed {
  readonly fields: Map<string, ManagerFields>;
  readonly times: Map<string, string>;
}

/** managedFields that say nothing that can be understood. */
export class ManagedFieldsError extends Error {}

export function noManaged(): Managed {
  return { fields: new Map(), times: new Map() };
}

/** What makes a manager: its name, how it writes, through which subresource, and (but for apply) in which version. */
export interface ManagerName {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
}

/** Ids and names by one another: a few managers write nearly everything. */
const ids = new Map<string, string>();
const names = new Map<string, ManagerName>();
const MAX_NAMES = 1_000;

/** The text that stands for a manager: its entry as JSON, which also sorts managers as Kubernetes does. */
export function managerId(name: ManagerName): string {
  const { manager = "", operation = "", apiVersion = "", subresource = "" } = name;
  const key = `${manager}\0${operation}\0${apiVersion}\0${subresource}`;
  let id = ids.get(key);
  if (id === undefined) {
    id = makeId(name);
    if (ids.size >= MAX_NAMES) ids.clear();
    // A name may hold any character: only what is certain to be told apart is kept.
    if (!`${manager}${operation}${apiVersion}${subresource}`.includes("\0")) ids.set(key, id);
  }
  return id;
}

function makeId(name: ManagerName): string {
  let text = "";
  const put = (key: string, value: string | undefined): void => {
    if (value) text += `${text === "" ? "{" : ","}"${key}":${quoteJson(value)}`;
  };
  put("manager", name.manager);
  put("operation", name.operation);
  // A manager that applies stays the same one in every version.
  put("apiVersion", name.operation === "Apply" ? "" : name.apiVersion);
  put("subresource", name.subresource);
  return text === "" ? "{}" : `${text}}`;
}

/** @throws ManagedFieldsError */
export function decodeManaged(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  const managed = noManaged();
  entries?.forEach((entry, i) => {
    if (entry.operation !== "Apply" && entry.operation !== "Update") throw new ManagedFieldsError("operation must be `Apply` or `Update`");
    if (!entry.apiVersion) throw new ManagedFieldsError("apiVersion must not be empty");
    if (!entry.fieldsType) throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${i}`);
    if (entry.fieldsType !== "FieldsV1") throw new ManagedFieldsError(`invalid fieldsType ${goQuote(entry.fieldsType)} in managed fields entry ${i}`);
    const id = managerId(entry);
    const applied = entry.operation === "Apply";
    managed.fields.set(id, { set: decodeFields(entry.fieldsV1, i), apiVersion: entry.apiVersion, applied });
    if (entry.time) managed.times.set(id, entry.time);
    else managed.times.delete(id);
  });
  return managed;
}

function decodeFields(fieldsV1: unknown, index: number): FieldSet {
  if (fieldsV1 === undefined) return EMPTY;
  const interned = typeof fieldsV1 === "object" && fieldsV1 !== null ? internedFields(fieldsV1) : undefined;
  if (interned === undefined) throw new ManagedFieldsError(`invalid fieldsV1 in managed fields entry ${index}`);
  return interned.set;
}

/** The entries in Kubernetes' order: appliers first, older before newer. */
export function encodeManaged(managed: Managed): ManagedFieldsEntry[] {
  const entries = [...managed.fields].map(([id, fields]) => encodeEntry(id, fields, managed.times.get(id)));
  return entries.sort(compareEntries);
}

function encodeEntry(id: string, { set, apiVersion, applied }: ManagerFields, time: string | undefined): ManagedFieldsEntry {
  const name = nameOf(id);
  const operation = applied ? "Apply" : name.operation;
  return {
    ...(name.manager === undefined ? {} : { manager: name.manager }),
    ...(operation === undefined ? {} : { operation }),
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: internedSet(set).fieldsV1,
    ...(name.subresource === undefined ? {} : { subresource: name.subresource }),
  };
}

function nameOf(id: string): ManagerName {
  let name = names.get(id);
  if (name === undefined) {
    name = JSON.parse(id) as ManagerName;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(id, name);
  }
  return name;
}

const NO_TIME = "1970-01-01T00:00:00Z";

function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? NO_TIME, b.time ?? NO_TIME) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How conflicts name a manager. */
export function managerText(id: string): string {
  const name = nameOf(id);
  const text = goQuote(name.manager ?? "") + (name.subresource ? ` with subresource ${goQuote(name.subresource)}` : "");
  return name.operation === "Update" ? `${text} using ${name.apiVersion ?? ""}` : text;
}
