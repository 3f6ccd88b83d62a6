/**
 * Which nodes changed since a reader last looked, so that a reader re-judges those alone. A ring: a reader that is further behind than its length starts over.
 */
export class ChangeLog {
  #ring: Int32Array;
  /** Position of the newest entry of each node, to skip older ones. */
  #newest: Float64Array;
  #position = 0;
  /** Readers that stand before this must start over. */
  #floor = 0;

  constructor(nodes: number) {
    this.#ring = new Int32Array(ringLength(nodes));
    this.#newest = new Float64Array(nodes).fill(-1);
  }

  /** Where a reader that has seen everything stands. */
  get position(): number {
    return this.#position;
  }

  /** Position of the last change of a node; -1: never. */
  lastChange(node: number): number {
    return this.#newest[node] ?? -1;
  }

  add(node: number): void {
    this.#ring[this.#position % this.#ring.length] = node;
    this.#newest[node] = this.#position;
    this.#position++;
  }

  /** Makes room for more nodes; every reader starts over. */
  grow(nodes: number): void {
    this.#ring = new Int32Array(ringLength(nodes));
    const newest = new Float64Array(nodes).fill(-1);
    newest.set(this.#newest);
    this.#newest = newest;
    this.#floor = this.#position;
  }

  /** Whether a reader at `position` can catch up by `replay`. */
  covers(position: number): boolean {
    return position >= this.#floor && this.#position - position <= this.#ring.length;
  }

  /** Calls `visit` once for each node that changed at or after `position`. */
  replay(position: number, visit: (node: number) => void): void {
    const length = this.#ring.length;
    for (let at = position; at < this.#position; at++) {
      const node = this.#ring[at % length]!;
      if (this.#newest[node] === at) visit(node);
    }
  }
}

/** A reader further behind than the number of nodes does as well to look at all of them. */
function ringLength(nodes: number): number {
  return Math.max(1024, nodes);
}
