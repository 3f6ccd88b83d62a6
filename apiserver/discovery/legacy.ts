import { createHash } from "node:crypto";
import type { Subresource, Verb } from "../../api/kinds/kind.ts";
import type { ExtensionVersion } from "../aggregation/extension-discovery.ts";
import { groupPriority, versionPriority } from "../aggregation/group-priority.ts";
import type { KindTable, ServedKind } from "../registry/served-kind.ts";

export interface GroupVersions {
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly string[];
}

/** Every named group with its versions, by the priorities of their APIServices; `extensions` are served elsewhere. */
export function groupsOf(kinds: KindTable, extensions: readonly ExtensionVersion[]): GroupVersions[] {
  const groups = new Map<string, { priority: number; versions: Map<string, number> }>();
  const add = (group: string, version: string, priority: number, ofVersion: number) => {
    const known = groups.get(group) ?? { priority: 0, versions: new Map<string, number>() };
    groups.set(group, known);
    known.priority = Math.max(known.priority, priority);
    known.versions.set(version, ofVersion);
  };
  for (const { group, version, groupPriority: priority, versionPriority: ofVersion } of extensions) add(group, version, priority, ofVersion);
  for (const { entry } of kinds.all) if (entry.group !== "") add(entry.group, entry.version, groupPriority(entry.group), versionPriority(entry.group, entry.version));
  return [...groups]
    .sort(([a, one], [b, other]) => other.priority - one.priority || (a < b ? -1 : 1))
    .map(([group, { versions }]) => ({ group, versions: [...versions].sort(([a, one], [b, other]) => other - one || newestFirst(a, b)).map(([version]) => version) }));
}

/** v2 before v1, stable before beta before alpha. */
function newestFirst(a: string, b: string): number {
  const parse = (version: string) => /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  const [x, y] = [parse(a), parse(b)];
  if (x === null || y === null) return x === y ? (a < b ? -1 : 1) : x === null ? 1 : -1;
  const stage = (match: RegExpExecArray) => (match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0);
  return stage(y) - stage(x) || Number(y[1]) - Number(x[1]) || Number(y[3] ?? 0) - Number(x[3] ?? 0);
}

/** APIGroup, as it stands in lists or alone. */
export function apiGroup({ group, versions }: GroupVersions, alone: boolean): object {
  const list = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { ...(alone ? { kind: "APIGroup", apiVersion: "v1" } : {}), name: group, versions: list, preferredVersion: list[0] };
}

/** Kinds of one group version, in order of their plurals. */
export function kindsOf(kinds: KindTable, group: string, version: string): ServedKind[] {
  return kinds.all.filter(({ entry }) => entry.group === group && entry.version === version).sort((a, b) => (a.entry.plural < b.entry.plural ? -1 : 1));
}

/** Subresources in order of their names; those of custom resources in their own. */
export function subresourcesOf(kind: ServedKind): [string, Subresource][] {
  const subresources = Object.entries(kind.entry.subresources);
  return kind.custom === undefined ? subresources.sort(([a], [b]) => (a < b ? -1 : 1)) : subresources;
}

/** Once its definition is being deleted, a custom resource can no longer be written. */
export function verbsOf(kind: ServedKind): readonly Verb[] {
  return kind.custom?.isTerminating() ? kind.entry.verbs.filter((verb) => verb !== "create" && verb !== "patch" && verb !== "update") : kind.entry.verbs;
}

/** APIResourceList of one group version; undefined where it is not served. */
export function apiResourceList(kinds: KindTable, group: string, version: string): object | undefined {
  const served = kindsOf(kinds, group, version);
  if (served.length === 0) return undefined;
  const resources = served.flatMap((kind) => [resource(kind), ...subresourcesOf(kind).map(([name, subresource]) => subresourceOf(kind, name, subresource))]);
  // The core group's list has no apiVersion in Kubernetes.
  return { kind: "APIResourceList", ...(group === "" ? {} : { apiVersion: "v1" }), groupVersion: group === "" ? version : `${group}/${version}`, resources };
}

function resource(kind: ServedKind): object {
  const { entry } = kind;
  return {
    name: entry.plural,
    singularName: entry.singular,
    namespaced: entry.namespaced,
    kind: entry.kind,
    verbs: verbsOf(kind),
    ...(entry.shortNames.length > 0 ? { shortNames: entry.shortNames } : {}),
    ...(entry.categories.length > 0 ? { categories: entry.categories } : {}),
    ...(kind.virtual ? {} : { storageVersionHash: storageVersionHash(kind) }),
  };
}

function subresourceOf(kind: ServedKind, name: string, subresource: Subresource): object {
  return {
    name: `${kind.entry.plural}/${name}`,
    singularName: "",
    namespaced: kind.entry.namespaced,
    ...(subresource.group === undefined ? {} : { group: subresource.group, version: subresource.version }),
    kind: subresource.kind,
    verbs: subresource.verbs,
  };
}

/** Kinds that Kubernetes itself still stores in an older version: clients see the hash only, and it is the same. */
const STORED_VERSIONS: Readonly<Record<string, string>> = { "apiextensions.k8s.io/CustomResourceDefinition": "v1beta1" };

/** First bytes of SHA-256 over `GROUP/VERSION/KIND` of the stored form: changes when the stored version does. */
function storageVersionHash(kind: ServedKind): string {
  const { group, version, kind: name } = kind.stored.entry;
  const stored = kind.view?.storageVersion ?? STORED_VERSIONS[`${group}/${name}`] ?? version;
  return createHash("sha256").update(`${group}/${stored}/${name}`).digest().subarray(0, 8).toString("base64");
}
