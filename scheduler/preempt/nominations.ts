import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** Pending pods that room was made for on a node: pods of no higher priority must leave them that room. */
export class Nominations {
  readonly #snapshot: ClusterSnapshot;
  /** Called when room on a node is kept for one pod less. */
  onFreed: (node: number) => void = () => undefined;
  readonly #nodeOf = new Map<string, number>();
  readonly #byNode = new Map<number, Map<string, PodInfo>>();

  constructor(snapshot: ClusterSnapshot) {
    this.#snapshot = snapshot;
  }

  get empty(): boolean {
    return this.#nodeOf.size === 0;
  }

  /** The node that the pod is nominated for; undefined: none, or it is not known. */
  nodeOf(key: string): number | undefined {
    return this.#nodeOf.get(key);
  }

  /** Replaces an earlier nomination of the pod. A node that is not known counts as none. */
  set(pod: PodInfo, nodeName: string): void {
    this.delete(pod.key);
    const node = this.#snapshot.nodeNamed(nodeName)?.index;
    if (node === undefined) return;
    this.#nodeOf.set(pod.key, node);
    const pods = this.#byNode.get(node) ?? new Map<string, PodInfo>();
    this.#byNode.set(node, pods);
    pods.set(pod.key, pod);
    this.#snapshot.changes.add(node);
  }

  delete(key: string): void {
    const node = this.#nodeOf.get(key);
    if (node === undefined) return;
    this.#nodeOf.delete(key);
    const pods = this.#byNode.get(node)!;
    pods.delete(key);
    if (pods.size === 0) this.#byNode.delete(node);
    this.#snapshot.changes.add(node);
    this.onFreed(node);
  }

  /** The node is gone: nobody is to come to it. Returns who was. */
  dropNode(node: number): PodInfo[] {
    const pods = [...(this.#byNode.get(node)?.values() ?? [])];
    for (const pod of pods) this.delete(pod.key);
    return pods;
  }

  /** Pods of at least the priority of `pod` that are to come to the node, itself left out. */
  ahead(pod: PodInfo, node: number): PodInfo[] {
    const pods = this.#byNode.get(node);
    if (pods === undefined) return [];
    return [...pods.values()].filter((other) => other.priority >= pod.priority && other.key !== pod.key);
  }

  /** Pods of lower priority that are to come to the node. */
  behind(pod: PodInfo, node: number): PodInfo[] {
    return [...(this.#byNode.get(node)?.values() ?? [])].filter((other) => other.priority < pod.priority);
  }
}
