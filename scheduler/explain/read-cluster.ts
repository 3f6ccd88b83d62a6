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
  replicasets,
  replicationcontrollers,
  services,
  statefulsets,
  storageclasses,
} from "../../api/resources.ts";
import { type Client, isReason } from "../../client/client.ts";
import { podGroups } from "../gang/pod-groups.ts";
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

/** Reads all that the scheduler looks at. @throws ApiError | ConnectionError */
export async function readCluster(client: Client, signal?: AbortSignal): Promise<ClusterObjects> {
  const all = <T>(resource: Resource<T>) => listAll(client, resource, signal);
  const [nodeList, namespaceList, budgets, podGroupList, podList] = await Promise.all([all(nodes), all(namespaces), all(poddisruptionbudgets), all(podGroups), all(pods)]);
  const [claims, volumes, classes, csiNodes, drivers, capacities] = await Promise.all([all(persistentvolumeclaims), all(persistentvolumes), all(storageclasses), all(csinodes), all(csidrivers), all(csistoragecapacities)]);
  const [serviceList, controllers, sets, stateful] = await Promise.all([all(services), all(replicationcontrollers), all(replicasets), all(statefulsets)]);
  const workloads = [
    ...serviceList.map((object) => ({ kind: "Service" as const, object })),
    ...controllers.map((object) => ({ kind: "ReplicationController" as const, object })),
    ...sets.map((object) => ({ kind: "ReplicaSet" as const, object })),
    ...stateful.map((object) => ({ kind: "StatefulSet" as const, object })),
  ];
  return { nodes: nodeList, namespaces: namespaceList, pods: podList, budgets, claims, volumes, classes, csiNodes, drivers, capacities, podGroups: podGroupList, workloads };
}
