import type { Container, ContainerStatus, Pod } from "../wire.ts";
import { amountOf, type Amounts } from "./amounts.ts";

/** What kube-scheduler's scoring assumes for a container that requests no CPU or memory, so that such pods do not all land on one node. */
const DEFAULT_MILLI_CPU = 100;
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

export interface PodRequests {
  /** What filters count. */
  readonly amounts: Amounts;
  /** CPU and memory as scores count them: a container without a request counts as 100m and 200 MiB. */
  readonly scoredCpu_milli: number;
  readonly scoredMemory_bytes: number;
}

type Sums = Record<string, number>;

function addTo(sums: Sums, amounts: Amounts): void {
  for (const name in amounts) sums[name] = (sums[name] ?? 0) + amounts[name]!;
}

function raiseTo(sums: Sums, amounts: Amounts): void {
  for (const name in amounts) sums[name] = Math.max(sums[name] ?? 0, amounts[name]!);
}

function amountsOf(requests: Readonly<Record<string, string>> | undefined): Sums {
  const amounts: Sums = {};
  for (const name in requests) amounts[name] = amountOf(name, requests[name]);
  return amounts;
}

/** A running container may hold more than its spec asks for while it is resized in place (KEP-1287): the most of spec, allocated and actual. */
function containerAmounts(container: Container, status: ContainerStatus | undefined, infeasible: boolean): Sums {
  const spec = amountsOf(container.resources?.requests);
  if (status === undefined || (status.allocatedResources === undefined && status.resources?.requests === undefined)) return spec;
  const held: Sums = infeasible ? {} : spec;
  raiseTo(held, amountsOf(status.allocatedResources));
  raiseTo(held, amountsOf(status.resources?.requests));
  return held;
}

function withScoringDefaults(amounts: Sums): Sums {
  return { cpu: amounts["cpu"] || DEFAULT_MILLI_CPU, memory: amounts["memory"] || DEFAULT_MEMORY_BYTES };
}

/** Containers and restartable init containers run together; each other init container runs with the restartable ones started before it (KEP-753). */
function aggregate(containers: readonly Sums[], inits: readonly { amounts: Sums; restartable: boolean }[]): Sums {
  const total: Sums = {};
  const peak: Sums = {};
  const sidecars: Sums = {};
  for (const { amounts, restartable } of inits) {
    if (restartable) {
      addTo(sidecars, amounts);
      raiseTo(peak, sidecars);
    } else {
      const together = { ...amounts };
      addTo(together, sidecars);
      raiseTo(peak, together);
    }
  }
  for (const amounts of containers) addTo(total, amounts);
  addTo(total, sidecars);
  raiseTo(total, peak);
  return total;
}

/** cpu, memory and huge pages may be asked for on the pod as a whole (KEP-2837). */
function isPodLevel(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

/** The pod's effective requests: containers, init containers, pod-level resources, overhead and its one place in the pod count. */
export function podRequests(pod: Pod): PodRequests {
  const spec = pod.spec;
  const statuses = new Map<string, ContainerStatus>();
  for (const status of pod.status?.containerStatuses ?? []) statuses.set(status.name, status);
  for (const status of pod.status?.initContainerStatuses ?? []) statuses.set(status.name, status);
  const infeasible = pod.status?.conditions?.some((condition) => condition.type === "PodResizePending" && condition.reason === "Infeasible") ?? false;
  const containers = (spec?.containers ?? []).map((container) => containerAmounts(container, statuses.get(container.name), infeasible));
  const inits = (spec?.initContainers ?? []).map((container) => ({
    amounts: containerAmounts(container, statuses.get(container.name), infeasible),
    restartable: container.restartPolicy === "Always",
  }));
  const amounts = aggregate(containers, inits);
  const scored = aggregate(
    containers.map(withScoringDefaults),
    inits.map(({ amounts: init, restartable }) => ({ amounts: withScoringDefaults(init), restartable })),
  );
  const podLevel = amountsOf(spec?.resources?.requests);
  for (const name in podLevel) {
    if (!isPodLevel(name)) continue;
    amounts[name] = podLevel[name]!;
    if (name in scored) scored[name] = podLevel[name]!;
  }
  const overhead = amountsOf(spec?.overhead);
  addTo(amounts, overhead);
  addTo(scored, { cpu: overhead["cpu"] ?? 0, memory: overhead["memory"] ?? 0 });
  amounts["pods"] = 1;
  for (const name in amounts) if (amounts[name] === 0) delete amounts[name];
  return { amounts, scoredCpu_milli: scored["cpu"] ?? 0, scoredMemory_bytes: scored["memory"] ?? 0 };
}
