import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Group, SchedulingQueue } from "./scheduling-queue.ts";

/** Filters that look at other pods' places: any pod that comes or goes may help. */
const BETWEEN_PODS = new Set(["InterPodAffinity", "PodTopologySpread"]);

/**
 * Decides which waiting groups an event could help (queueing hints, KEP-4247). For rules about single nodes the hint is exact: the group's own
 * rules are asked about the nodes that changed. Events are gathered and looked at once, before the next decision.
 */
export class WakeUps {
  readonly #queue: SchedulingQueue;
  readonly #fits: (info: PodInfo, node: number) => boolean;
  readonly #nodes = new Set<number>();
  /** Those of #nodes whose Node object changed. */
  readonly #newNodes = new Set<number>();
  #podsChanged = false;

  /** `fits`: the rules about single nodes pass for this pod on this node now. */
  constructor(queue: SchedulingQueue, fits: (info: PodInfo, node: number) => boolean) {
    this.#queue = queue;
    this.#fits = fits;
  }

  nodeChanged(node: number): void {
    this.#nodes.add(node);
    this.#newNodes.add(node);
    this.#podsChanged = true;
  }

  /** Fewer topology domains can help pods that must spread over them. */
  nodeRemoved(): void {
    this.#podsChanged = true;
  }

  podRemoved(node: number): void {
    this.#nodes.add(node);
    this.#podsChanged = true;
  }

  podPlaced(): void {
    this.#podsChanged = true;
  }

  /** Wakes what the events since the last call could help. */
  flush(): void {
    if (this.#nodes.size === 0 && !this.#podsChanged) return;
    if (this.#queue.sizes.unschedulable > 0) for (const group of this.#queue.groups) this.#consider(group);
    this.#nodes.clear();
    this.#newNodes.clear();
    this.#podsChanged = false;
  }

  /** Who waits for room on one node is not woken by room on every other, but by new nodes. */
  #consider(group: Group): void {
    const { nominated } = group;
    if (nominated !== undefined && this.#nodes.has(nominated) && this.#fits(group.sample, nominated)) return this.#queue.wake(group, true);
    const between = this.#podsChanged && [...group.filters].some((name) => BETWEEN_PODS.has(name));
    if (between) return this.#queue.wake(group, false);
    const nodes = nominated === undefined ? this.#nodes : this.#newNodes;
    for (const node of nodes) if (this.#fits(group.sample, node)) return this.#queue.wake(group, true);
  }
}
