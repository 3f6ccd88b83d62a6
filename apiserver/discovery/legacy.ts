import { createHash } from "node:crypto";
import type { Subresource } from "../../api/kinds/kind.ts";
import type { KindTable, ServedKind } from "../registry/served-kind.ts";

/** Groups in the order in which Kubernetes lists them; others follow by name. */
const GROUP_ORDER = [
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

export interface GroupVersions {
  readonly group: string;
  /** The preferred one first. */
  readonly versions: readonly string[];
}

/** Every named group with its versions. */
export function groupsOf(kinds: KindTable): GroupVersions[] {
  const versions = new Map<string, Set<string>>();
  for (const { entry } of kinds.all) {
    if (entry.group === "") continue;
    const known = versions.get(entry.group);
    if (known === undefined) versions.set(entry.group, new Set([entry.version]));
    else known.add(entry.version);
  }
  const rank = (group: string) => (GROUP_ORDER.includes(group) ? GROUP_ORDER.indexOf(group) : GROUP_ORDER.length);
  return [...versions]
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([group, set]) => ({ group, versions: [...set].sort(newestFirst) }));
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

/** Subresources in order of their names. */
export function subresourcesOf(kind: ServedKind): [string, Subresource][] {
  return Object.entries(kind.entry.subresources).sort(([a], [b]) => (a < b ? -1 : 1));
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
    verbs: entry.verbs,
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

/** First bytes of SHA-256 over `GROUP/VERSION/KIND` of the stored form: changes when the stored version does. */
function storageVersionHash(kind: ServedKind): string {
  const { group, version, kind: name } = kind.stored.entry;
  return createHash("sha256").update(`${group}/${version}/${name}`).digest().subarray(0, 8).toString("base64");
}
