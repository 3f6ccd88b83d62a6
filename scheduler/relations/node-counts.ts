import { NO_DOMAIN, type Topology } from "./topology.ts";

/** Amounts per node (pods that match a selector, weights of terms that pods hold), and their sums per topology domain kept beside them. */
export class NodeCounts {
  readonly #perNode = new Map<number, number>();
  readonly #sums = new Set<DomainSums>();

  /** Over all nodes, whatever their labels. */
  total = 0;

  on(node: number): number {
    return this.#perNode.get(node) ?? 0;
  }

  add(node: number, amount: number): void {
    const now = (this.#perNode.get(node) ?? 0) + amount;
    if (now === 0) this.#perNode.delete(node);
    else this.#perNode.set(node, now);
    this.total += amount;
    for (const sums of this.#sums) sums.add(node, amount);
  }

  entries(): Iterable<[node: number, amount: number]> {
    return this.#perNode;
  }

  /** Sums that follow this count from now on. */
  attach(sums: DomainSums): void {
    for (const [node, amount] of this.#perNode) sums.add(node, amount);
    this.#sums.add(sums);
  }

  detach(sums: DomainSums): void {
    this.#sums.delete(sums);
  }
}

/** Sums of a count over the nodes of each domain, of those nodes that are eligible. */
export class DomainSums {
  readonly topology: Topology;
  /** [domain] */
  values = new Float64Array(16);
  /** [domain] eligible nodes. */
  nodes = new Int32Array(16);
  /** Eligible nodes with a domain. */
  eligibleNodes = 0;
  /** Sum of `values`. */
  total = 0;
  readonly #eligible: ((node: number) => boolean) | undefined;
  #mask = new Uint8Array(64);
  readonly #counts: NodeCounts;

  /** `eligible` undefined: every node with a domain. */
  constructor(counts: NodeCounts, topology: Topology, slots: number, eligible?: (node: number) => boolean) {
    this.#counts = counts;
    this.topology = topology;
    this.#eligible = eligible;
    this.#fit(slots);
    for (let node = 0; node < slots; node++) this.#enter(node, topology.domainOf(node), 0);
    counts.attach(this);
  }

  /** The sum of the node's domain; 0 without one. */
  at(node: number): number {
    const domain = this.topology.domainOf(node);
    return domain === NO_DOMAIN ? 0 : (this.values[domain] ?? 0);
  }

  isEligible(node: number): boolean {
    return this.#mask[node] === 1;
  }

  add(node: number, amount: number): void {
    if (this.#mask[node] !== 1) return;
    this.values[this.topology.domainOf(node)]! += amount;
    this.total += amount;
  }

  /** The node changed; `oldDomain` is where it was counted so far. */
  nodeChanged(node: number, oldDomain: number): void {
    this.#fit(node + 1);
    const amount = this.#counts.on(node);
    if (this.#mask[node] === 1) {
      this.values[oldDomain]! -= amount;
      this.total -= amount;
      this.nodes[oldDomain]!--;
      this.eligibleNodes--;
      this.#mask[node] = 0;
    }
    this.#enter(node, this.topology.domainOf(node), amount);
  }

  /** Stops following. */
  drop(): void {
    this.#counts.detach(this);
  }

  #enter(node: number, domain: number, amount: number): void {
    if (domain === NO_DOMAIN || (this.#eligible !== undefined && !this.#eligible(node))) return;
    if (domain >= this.values.length) this.#growDomains(domain);
    this.#mask[node] = 1;
    this.values[domain]! += amount;
    this.total += amount;
    this.nodes[domain]!++;
    this.eligibleNodes++;
  }

  #fit(slots: number): void {
    if (slots <= this.#mask.length) return;
    const mask = new Uint8Array(Math.max(slots, this.#mask.length * 2));
    mask.set(this.#mask);
    this.#mask = mask;
  }

  #growDomains(domain: number): void {
    const size = Math.max(domain + 1, this.values.length * 2);
    const values = new Float64Array(size);
    values.set(this.values);
    this.values = values;
    const nodes = new Int32Array(size);
    nodes.set(this.nodes);
    this.nodes = nodes;
  }
}
