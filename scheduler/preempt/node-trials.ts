import type { ClusterFilter, NodeFilter, NodeTrial } from "../filter/filter.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** All rules about one pod on one node, tried together. `close` must be called at the end. */
export interface Trial extends NodeTrial {
  close(): void;
}

/** A trial of the rules that removing or adding pods can change, with the nominated pods that go before `pod` added. */
export function openTrial(pod: PodInfo, node: number, nodeFilters: readonly NodeFilter[], clusterFilters: readonly ClusterFilter[], cluster: ClusterState): Trial {
  const trials: NodeTrial[] = nodeFilters.flatMap((filter) => filter.trial?.(pod.shape, cluster.snapshot, node) ?? []);
  const ahead = cluster.nominations.ahead(pod, node);
  const relations = clusterFilters.length > 0 || ahead.some((other) => other.relations !== undefined) ? new RelationsTrial(pod, node, clusterFilters, cluster) : undefined;
  if (relations !== undefined) trials.push(relations);
  for (const other of ahead) for (const trial of trials) trial.add(other);
  return {
    remove: (placement) => trials.forEach((trial) => void trial.remove(placement)),
    restore: (placement) => trials.forEach((trial) => void trial.restore(placement)),
    add: (other) => trials.forEach((trial) => void trial.add(other)),
    passes: () => trials.every((trial) => trial.passes()),
    reasons: () => trials.find((trial) => !trial.passes())?.reasons() ?? [],
    close: () => relations?.close(),
  };
}

/** Rules between pods and about volumes: the counts themselves are changed for the time of the trial and put back by `close`. */
class RelationsTrial implements NodeTrial {
  readonly #pod: PodInfo;
  readonly #node: number;
  readonly #filters: readonly ClusterFilter[];
  readonly #cluster: ClusterState;
  readonly #removed = new Set<Placement>();
  readonly #added: Placement[] = [];

  constructor(pod: PodInfo, node: number, filters: readonly ClusterFilter[], cluster: ClusterState) {
    this.#pod = pod;
    this.#node = node;
    this.#filters = filters;
    this.#cluster = cluster;
  }

  remove(placement: Placement): void {
    this.#removed.add(placement);
    this.#take(placement);
  }

  restore(placement: Placement): void {
    this.#removed.delete(placement);
    this.#put(placement);
  }

  add(pod: PodInfo): void {
    const placement = { pod, node: this.#node, devices: [], assumed: true };
    this.#added.push(placement);
    this.#put(placement);
  }

  passes(): boolean {
    return this.#filters.every((filter) => (filter.prepare(this.#pod, this.#cluster)?.verdict(this.#node) ?? 0) === 0);
  }

  reasons(): readonly string[] {
    return this.#filters.flatMap((filter) => {
      const prepared = filter.prepare(this.#pod, this.#cluster);
      const verdict = prepared?.verdict(this.#node) ?? 0;
      return prepared === undefined || verdict === 0 ? [] : [prepared.reason(verdict)];
    });
  }

  close(): void {
    for (const placement of this.#added) this.#take(placement);
    for (const placement of this.#removed) this.#put(placement);
    this.#added.length = 0;
    this.#removed.clear();
  }

  #take(placement: Placement): void {
    this.#cluster.relations.removed(placement);
    if (placement.pod.volumes === undefined) return;
    this.#cluster.volumes.removed(placement);
    this.#cluster.snapshot.nodes[this.#node]!.placements.delete(placement.pod.key);
  }

  #put(placement: Placement): void {
    this.#cluster.relations.placed(placement);
    if (placement.pod.volumes === undefined) return;
    this.#cluster.volumes.placed(placement);
    this.#cluster.snapshot.nodes[this.#node]!.placements.set(placement.pod.key, placement);
  }
}
