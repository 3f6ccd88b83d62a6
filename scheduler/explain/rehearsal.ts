import type { Node, Pod } from "../../api/wire.ts";
import type { SchedulerCore } from "../core.ts";
import { POD_GROUP_LABEL } from "../gang/gangs.ts";
import type { NodeState, Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Fix } from "./fix.ts";


/**
 * Tries changes on a core that belongs to whoever asks (a what-if, never the live scheduler's): each is made, the very filters are asked, and it
 * is taken back.
 */
export class Rehearsal {
  readonly #core: SchedulerCore;

  constructor(core: SchedulerCore) {
    this.#core = core;
  }

  /** A pod that is not placed as the core reads it, whatever gates it has and whoever is to schedule it, for as long as `use` runs. */
  withPod<T>(pod: Pod, schedulerName: string, use: (info: PodInfo) => T): T {
    const { [POD_GROUP_LABEL]: _group, ...labels } = pod.metadata.labels ?? {};
    const { schedulingGates: _gates, nodeName: _node, ...spec } = pod.spec!;
    const { deletionTimestamp: _deleted, ...metadata } = pod.metadata;
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const before = this.#core.queue.get(key)?.info.pod;
    this.#core.setPod({ ...pod, metadata: { ...metadata, labels }, spec: { ...spec, schedulerName } });
    try {
      return use(this.#core.queue.get(key)!.info);
    } finally {
      if (before === undefined) this.#core.removePod(key);
      else this.#core.setPod(before);
    }
  }

  /** Without these pods on their nodes. */
  without<T>(placements: readonly Placement[], use: () => T): T {
    const { snapshot } = this.#core;
    for (const { pod } of placements) snapshot.unplace(pod.key);
    try {
      return use();
    } finally {
      for (const { pod, node, devices, assumed } of placements) snapshot.place(pod, this.#nameOf(node), devices, assumed);
    }
  }

  /** With a node changed, or one that is not there added. */
  withNode<T>(node: Node, use: () => T): T {
    const name = node.metadata.name ?? "";
    const before = this.#core.snapshot.nodeNamed(name)?.node;
    this.#core.setNode(node);
    try {
      return use();
    } finally {
      if (before === undefined) this.#core.removeNode(name);
      else this.#core.setNode(before);
    }
  }

  /** With a pod on a node. */
  withPlaced<T>(pod: PodInfo, node: string, use: () => T): T {
    const { snapshot } = this.#core;
    snapshot.place(pod, node, undefined, true);
    try {
      return use();
    } finally {
      snapshot.unplace(pod.key);
    }
  }

  /** Whether the pod fits on the node once the fixes are made. */
  fits(pod: Pod, schedulerName: string, node: NodeState, fixes: readonly Fix[]): boolean {
    const away = [...new Set(fixes.flatMap((fix) => fix.away ?? []))];
    const changedPod = fixes.reduce((changed, fix) => fix.pod?.(changed) ?? changed, pod);
    const changedNode = fixes.reduce((changed, fix) => fix.node?.(changed) ?? changed, node.node!);
    const ask = () => this.withPod(changedPod, schedulerName, (info) => this.#fitsOn(info, node.index));
    return this.without(away, () => (changedNode === node.node ? ask() : this.withNode(changedNode, ask)));
  }

  /** How many nodes take the pod once it is changed. */
  nodesFor(pod: Pod, schedulerName: string): number {
    return this.withPod(pod, schedulerName, (info) => this.#core.snapshot.nodes.filter((node) => node.node !== undefined && this.#fitsOn(info, node.index)).length);
  }

  /**
   * Where each of the pods would go if the first took the node and the others had to look for another place; undefined when one of them has none.
   */
  places(pod: PodInfo, node: NodeState, away: readonly Placement[]): readonly string[] | undefined {
    return this.without(away, () => this.withPlaced(pod, node.name, () => this.#settle(away, 0)));
  }

  #settle(pods: readonly Placement[], at: number): readonly string[] | undefined {
    const placement = pods[at];
    if (placement === undefined) return [];
    const choice = this.#core.decider(placement.pod.schedulerName)?.decide(placement.pod);
    if (choice === undefined || !("node" in choice)) return undefined;
    const name = this.#nameOf(choice.node);
    const rest = this.withPlaced(placement.pod, name, () => this.#settle(pods, at + 1));
    return rest === undefined ? undefined : [name, ...rest];
  }

  #fitsOn(info: PodInfo, node: number): boolean {
    return this.#core.decider(info.schedulerName)?.fitsAny(info, new Set([node])) ?? false;
  }

  #nameOf(node: number): string {
    return this.#core.snapshot.nodes[node]!.name;
  }
}
