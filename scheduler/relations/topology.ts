import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { NodeState } from "../snapshot/node-state.ts";

/** No domain: the node is not there or has no such label. */
export const NO_DOMAIN = -1;
/** What `setNode` answers when the node stays where it is. */
export const UNMOVED = -2;

/** One topology key: which domain (label value, numbered) each node is in. */
export class Topology {
  readonly key: string;
  /** [node] */
  domains = new Int32Array(64).fill(NO_DOMAIN);
  /** Nodes in each domain. */
  readonly nodesIn: number[] = [];
  readonly #ids = new Map<string, number>();
  readonly #values: string[] = [];
  readonly #free: number[] = [];

  constructor(key: string, snapshot: ClusterSnapshot) {
    this.key = key;
    for (let node = 0; node < snapshot.slots; node++) this.setNode(snapshot.nodes[node]!);
  }

  /** Domain numbers are below it. */
  get size(): number {
    return this.nodesIn.length;
  }

  domainOf(node: number): number {
    return this.domains[node] ?? NO_DOMAIN;
  }

  /** Reads the node's label; returns its domain before, or UNMOVED. */
  setNode(node: NodeState): number {
    if (node.index >= this.domains.length) this.#grow(node.index);
    const value = node.node !== undefined && Object.hasOwn(node.labels, this.key) ? node.labels[this.key]! : undefined;
    const old = this.domains[node.index]!;
    if (value === undefined ? old === NO_DOMAIN : old !== NO_DOMAIN && this.#values[old] === value) return UNMOVED;
    if (old !== NO_DOMAIN && --this.nodesIn[old]! === 0) this.#forget(old);
    const domain = value === undefined ? NO_DOMAIN : this.#idOf(value);
    this.domains[node.index] = domain;
    if (domain !== NO_DOMAIN) this.nodesIn[domain]!++;
    return old;
  }

  /** The domain of a label value that some node has; NO_DOMAIN: none has. */
  domainNamed(value: string): number {
    return this.#ids.get(value) ?? NO_DOMAIN;
  }

  #idOf(value: string): number {
    const known = this.#ids.get(value);
    if (known !== undefined) return known;
    const id = this.#free.pop() ?? this.nodesIn.length;
    this.#ids.set(value, id);
    this.#values[id] = value;
    this.nodesIn[id] = 0;
    return id;
  }

  /** Numbers of domains without nodes are used again, so that nodes that come and go do not make the arrays grow. */
  #forget(domain: number): void {
    this.#ids.delete(this.#values[domain]!);
    this.#free.push(domain);
  }

  #grow(index: number): void {
    const domains = new Int32Array(Math.max(index + 1, this.domains.length * 2)).fill(NO_DOMAIN);
    domains.set(this.domains);
    this.domains = domains;
  }
}
