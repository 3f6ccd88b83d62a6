import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  StorageClass,
} from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SchedulerConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import type { PodGroup } from "../gang/gangs.ts";
import type { WorkloadKind, WorkloadObject } from "../relations/default-spread.ts";

/** All that the scheduler looks at, at one moment: from the live API, or from files. */
export interface ClusterObjects {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  readonly budgets: readonly PodDisruptionBudget[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  readonly csiNodes: readonly CSINode[];
  readonly drivers: readonly CSIDriver[];
  readonly capacities: readonly CSIStorageCapacity[];
  readonly podGroups: readonly PodGroup[];
  /** Services and workloads, for default spread constraints. */
  readonly workloads: readonly { readonly kind: WorkloadKind; readonly object: WorkloadObject & Named }[];
}

export const NO_OBJECTS: ClusterObjects = { nodes: [], pods: [], namespaces: [], budgets: [], claims: [], volumes: [], classes: [], csiNodes: [], drivers: [], capacities: [], podGroups: [], workloads: [] };

interface Named {
  readonly metadata: { readonly name?: string; readonly namespace?: string };
}

function keyOf({ metadata: { name = "", namespace } }: Named): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/**
 * The scheduler's own core with these objects told to it, placed pods before pending ones: what it decides is what a scheduler that starts now
 * would decide. Pending pods are in its queue.
 */
export function coreOf(objects: ClusterObjects, options: { readonly clock: Clock; readonly configuration: SchedulerConfiguration }): SchedulerCore {
  const core = new SchedulerCore(options);
  for (const namespace of objects.namespaces) core.setNamespace(namespace.metadata.name ?? "", namespace.metadata.labels ?? {});
  for (const budget of objects.budgets) core.setBudget(budget);
  for (const one of objects.classes) core.setStorage("classes", keyOf(one), one);
  for (const one of objects.drivers) core.setStorage("drivers", keyOf(one), one);
  for (const one of objects.csiNodes) core.setStorage("csiNodes", keyOf(one), one);
  for (const one of objects.capacities) core.setStorage("capacities", keyOf(one), one);
  for (const one of objects.volumes) core.setStorage("volumes", keyOf(one), one);
  for (const one of objects.claims) core.setStorage("claims", keyOf(one), one);
  for (const group of objects.podGroups) core.setPodGroup(keyOf(group), group);
  for (const { kind, object } of objects.workloads) core.setWorkload(kind, object.metadata.namespace ?? "", object.metadata.name ?? "", object);
  for (const node of objects.nodes) core.setNode(node);
  for (const pod of objects.pods) if (pod.spec?.nodeName) core.setPod(pod);
  for (const pod of objects.pods) if (!pod.spec?.nodeName) core.setPod(pod);
  return core;
}
