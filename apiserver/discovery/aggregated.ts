import type { ExtensionVersion } from "../aggregation/extension-discovery.ts";
import type { KindTable, ServedKind } from "../registry/served-kind.ts";
import { groupsOf, kindsOf, subresourcesOf, verbsOf } from "./legacy.ts";

export const AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** APIGroupDiscoveryList (KEP-3352) of the core group or of all others. */
export function aggregatedDiscovery(kinds: KindTable, extensions: readonly ExtensionVersion[], core: boolean): object {
  const versionOf = (group: string, version: string) => extensions.find((one) => one.group === group && one.version === version)?.discovered ?? discoveredVersion(kinds, group, version);
  const items = core ? [{ metadata: {}, versions: [discoveredVersion(kinds, "", "v1")] }] : groupsOf(kinds, extensions).map(({ group, versions }) => ({ metadata: { name: group }, versions: versions.map((version) => versionOf(group, version)) }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
}

function discoveredVersion(kinds: KindTable, group: string, version: string): object {
  return { version, resources: kindsOf(kinds, group, version).map(discoveredResource), freshness: "Current" };
}

function discoveredResource(kind: ServedKind): object {
  const { entry } = kind;
  // Built-in kinds leave out what is the list's own, custom ones say it.
  const own = kind.custom === undefined ? { group: "", version: "" } : { group: entry.group, version: entry.version };
  const subresources = subresourcesOf(kind).map(([name, { group, version, kind: responseKind, verbs }]) => ({
    subresource: name,
    responseKind: { group: group ?? own.group, version: version ?? own.version, kind: responseKind },
    verbs,
  }));
  return {
    resource: entry.plural,
    responseKind: { ...own, kind: entry.kind },
    scope: entry.namespaced ? "Namespaced" : "Cluster",
    singularResource: entry.singular,
    verbs: verbsOf(kind),
    ...(entry.shortNames.length > 0 ? { shortNames: entry.shortNames } : {}),
    ...(entry.categories.length > 0 ? { categories: entry.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}
