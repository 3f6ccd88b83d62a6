import type { Resource } from "../api/resources.ts";
import type { ApiObject } from "../api/wire.ts";
import type { Client, RawResponse } from "./client.ts";
import { isReason } from "./client.ts";
import { collect, decodeJson } from "./response.ts";

/** A resource that the server serves, with what can be done to it. */
export interface DiscoveredResource extends Resource<ApiObject> {
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly singularName: string;
  readonly categories: readonly string[];
  /** Names of its subresources: `status`, `scale`. */
  readonly subresources: readonly string[];
}

export interface Discovery {
  /** Each resource in the preferred version of its group. */
  readonly resources: readonly DiscoveredResource[];
  /** `group/version` that could not be discovered (an aggregated server is down): what lies there is unknown. */
  readonly failed: readonly string[];
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const MAX_DISCOVERY_BYTES = 64 * 1024 * 1024;

interface AggregatedResource {
  resource: string;
  responseKind?: { kind: string };
  scope: "Namespaced" | "Cluster";
  singularResource?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string }[];
}

interface AggregatedVersion {
  version: string;
  freshness?: "Current" | "Stale";
  resources?: AggregatedResource[];
}

interface AggregatedList {
  items?: { metadata?: { name?: string }; versions?: AggregatedVersion[] }[];
}

/** All that is served, from aggregated discovery (KEP-3352): two requests. @throws ApiError | ConnectionError */
export async function discoverResources(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const lists = await Promise.all([fetchList(client, "/api", signal), fetchList(client, "/apis", signal)]);
  const resources: DiscoveredResource[] = [];
  const failed: string[] = [];
  for (const group of lists.flatMap((list) => list.items ?? [])) {
    const name = group.metadata?.name ?? "";
    const seen = new Set<string>();
    for (const version of group.versions ?? []) {
      if (version.freshness === "Stale") {
        // What it served last cannot be reached either.
        failed.push(`${name}/${version.version}`);
        continue;
      }
      for (const entry of version.resources ?? []) {
        if (seen.has(entry.resource)) continue;
        seen.add(entry.resource);
        resources.push(fromAggregated(name, version.version, entry));
      }
    }
  }
  return { resources, failed };
}

async function fetchList(client: Client, path: string, signal: AbortSignal | undefined): Promise<AggregatedList> {
  try {
    const response = await client.request({ path, headers: { accept: AGGREGATED }, ...(signal ? { signal } : {}) });
    return (await json(response)) as AggregatedList;
  } catch (error) {
    if (isReason(error, "NotFound")) return {};
    throw error;
  }
}

async function json(response: RawResponse): Promise<unknown> {
  return decodeJson(await collect({ type: "stream", chunks: response.chunks }, MAX_DISCOVERY_BYTES));
}

function fromAggregated(group: string, version: string, entry: AggregatedResource): DiscoveredResource {
  return {
    group,
    version,
    resource: entry.resource,
    kind: entry.responseKind?.kind ?? "",
    namespaced: entry.scope === "Namespaced",
    verbs: entry.verbs,
    shortNames: entry.shortNames ?? [],
    singularName: entry.singularResource ?? "",
    categories: entry.categories ?? [],
    subresources: (entry.subresources ?? []).map((subresource) => subresource.subresource),
  };
}
