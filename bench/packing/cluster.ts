import type { TraceNode, TracePod } from "./trace.ts";

/** What is free on the nodes of a trace: for the baselines, which have nothing to do with the scheduler's own snapshot. */
export class Cluster {
  readonly nodes: readonly TraceNode[];
  readonly cpu_milli: Float64Array;
  readonly #memory_mib: Float64Array;
  /** [node][device] thousandths. */
  readonly #devices: number[][];

  constructor(nodes: readonly TraceNode[]) {
    this.nodes = nodes;
    this.cpu_milli = Float64Array.from(nodes, (node) => node.cpu_milli);
    this.#memory_mib = Float64Array.from(nodes, (node) => node.memory_mib);
    this.#devices = nodes.map((node) => Array<number>(node.devices).fill(1000));
  }

  get size(): number {
    return this.nodes.length;
  }

  devicesOf(node: number): readonly number[] {
    return this.#devices[node]!;
  }

  freeDevices_milli(node: number): number {
    let free = 0;
    for (const left of this.#devices[node]!) free += left;
    return free;
  }

  fits(node: number, pod: TracePod): boolean {
    if (pod.cpu_milli > this.cpu_milli[node]! || pod.memory_mib > this.#memory_mib[node]!) return false;
    if (pod.models.length > 0 && !pod.models.includes(this.nodes[node]!.model)) return false;
    let serving = 0;
    for (const left of this.#devices[node]!) if (left >= pod.milli) serving++;
    return pod.devices === 0 || serving >= pod.devices;
  }

  /** The node's devices after the placement; `device` -1: the fullest that fits, or the first whole ones. */
  without(node: number, pod: TracePod, device: number): number[] {
    const after = [...this.#devices[node]!];
    if (pod.devices === 0) return after;
    if (pod.milli < 1000) {
      let chosen = device;
      if (chosen < 0) for (const [i, left] of after.entries()) if (left >= pod.milli && (chosen < 0 || left < after[chosen]!)) chosen = i;
      after[chosen]! -= pod.milli;
      return after;
    }
    let missing = pod.devices;
    for (let i = 0; i < after.length && missing > 0; i++) {
      if (after[i] !== 1000) continue;
      after[i] = 0;
      missing--;
    }
    return after;
  }

  place(node: number, pod: TracePod, device: number): void {
    this.#devices[node] = this.without(node, pod, device);
    this.cpu_milli[node]! -= pod.cpu_milli;
    this.#memory_mib[node]! -= pod.memory_mib;
  }
}
