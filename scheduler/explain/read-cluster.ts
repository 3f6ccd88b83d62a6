import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  namespaces,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  poddisruptionbudgets,
  pods,
  type Resource,
  storageclasses,
} from "../../api/resources.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { ClusterObjects } from "./cluster-objects.ts";

/** Objects of one page; a cluster's pods come in as many as it takes. */
const PAGE = 2000;

/** All objects of a kind; none where the server does not serve it. */
async function listAll<T>(client: Client, resource: Resource<T>, signal: AbortSignal | undefined): Promise<readonly T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    try {
      const page = await client.list(resource, { limit: PAGE, ...(next !== undefined && { continue: next }) }, signal);
      items.push(...page.items);
      next = page.metadata.continue || undefined;
    } catch (error) {
      if (isReason(error, "NotFound") && items.length === 0) return [];
      throw error;
    }
  } while (next !== undefined);
  return items;
}

/** Reads all that the scheduler looks at, one kind after the other. @throws ApiError | ConnectionError */
export async function readCluster(client: Client, signal?: AbortSignal): Promise<ClusterObjects> {
  const [small, pending] = await Promise.all([
    Promise.all([
      listAll(client, nodes, signal),
      listAll(client, namespaces, signal),
      listAll(client, poddisruptionbudgets, signal),
      listAll(client, persistentvolumeclaims, signal),
      listAll(client, persistentvolumes, signal),
      listAll(client, storageclasses, signal),
      listAll(client, csinodes, signal),
      listAll(client, csidrivers, signal),
      listAll(client, csistoragecapacities, signal),
    ]),
    listAll(client, pods, signal),
  ]);
  const [nodeList, namespaceList, budgets, claims, volumes, classes, csiNodes, drivers, capacities] = small;
  return { nodes: nodeList, namespaces: namespaceList, pods: pending, budgets, claims, volumes, classes, csiNodes, drivers, capacities };
}
