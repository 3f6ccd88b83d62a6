import { POD_GROUP } from "../gang/decide-gang.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Group, SchedulingQueue } from "./scheduling-queue.ts";

/** Filters that look at other pods' places: any pod that comes or goes may help. */
const BETWEEN_PODS = new Set(["InterPodAffinity", "PodTopologySpread", "VolumeRestrictions", "NodeVolumeLimits"]);
/** Filters that look at storage objects. */
const STORAGE = new Set(["VolumeBinding", "VolumeZone", "NodeVolumeLimits", "VolumeRestrictions"]);

/** Whether the pod could go to one of these nodes now. `stopped` is told of rules that stop it on a node where the rules about that node alone do not. */
type FitsAny = (info: PodInfo, nodes: ReadonlySet<number>, stopped: (filter: string) => void) => boolean;

/**
 * Decides which waiting groups an event could help (queueing hints, KEP-4247). What happens on a node is looked at exactly: the group's own rules
 * are asked about the nodes that changed. Events are gathered and looked at once, before the next decision.
 */
export class WakeUps {
  readonly #queue: SchedulingQueue;
  readonly #fitsAny: FitsAny;
  readonly #nodes = new Set<number>();
  /** Those of #nodes whose Node object changed. */
  readonly #newNodes = new Set<number>();
  #podsChanged = false;
  #storageChanged = false;

  constructor(queue: SchedulingQueue, fitsAny: FitsAny) {
    this.#queue = queue;
    this.#fitsAny = fitsAny;
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

  storageChanged(): void {
    this.#storageChanged = true;
  }

  /** Wakes what the events since the last call could help. */
  flush(): void {
    if (this.#nodes.size === 0 && !this.#podsChanged && !this.#storageChanged) return;
    if (this.#queue.sizes.unschedulable > 0) for (const group of this.#concerned()) this.#consider(group);
    this.#nodes.clear();
    this.#newNodes.clear();
    this.#podsChanged = false;
    this.#storageChanged = false;
  }

  /** Groups that the events could help: of those that wait for room on one node only those that something happened for. */
  #concerned(): Iterable<Group> {
    const queue = this.#queue;
    if (this.#newNodes.size > 0) return queue.groups;
    const found = new Set(queue.freeGroups);
    const add = (groups: ReadonlySet<Group>) => {
      for (const group of groups) found.add(group);
    };
    for (const node of this.#nodes) add(queue.nominatedOn(node));
    if (this.#podsChanged) for (const filter of BETWEEN_PODS) add(queue.nominatedFor(filter));
    if (this.#storageChanged) for (const filter of STORAGE) add(queue.nominatedFor(filter));
    return found;
  }

  /** Who waits for room on one node is not woken by room on every other, but by new nodes. */
  #consider(group: Group): void {
    const { nominated } = group;
    // Only another pod of the gang or its PodGroup helps: both wake it themselves.
    if (nominated === undefined && group.filters.has(POD_GROUP)) return;
    if (nominated !== undefined && this.#nodes.has(nominated) && this.#fits(group, new Set([nominated]))) return this.#queue.wake(group, true);
    const nodes = nominated === undefined ? this.#nodes : this.#newNodes;
    // Whether a whole gang fits is not known from one of its pods.
    if (nodes.size > 0 && this.#fits(group, nodes)) return this.#queue.wake(group, group.sample.gang === undefined);
    const between = this.#podsChanged && someIn(group.filters, BETWEEN_PODS);
    const storage = this.#storageChanged && someIn(group.filters, STORAGE);
    if (between || storage) this.#queue.wake(group, false);
  }

  /** What stops the group now may be another rule than when it failed: from then on that rule's events count too. */
  #fits(group: Group, nodes: ReadonlySet<number>): boolean {
    return this.#fitsAny(group.sample, nodes, (filter) => this.#queue.addFilter(group, filter));
  }
}

function someIn(names: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  for (const name of names) if (wanted.has(name)) return true;
  return false;
}
