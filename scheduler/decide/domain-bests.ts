import type { Topology } from "../relations/topology.ts";
import { Tournament } from "./tournament.ts";

/**
 * The best feasible node of each domain of one topology, and of the nodes that lie in none: where rules tell nodes apart by their domain alone,
 * no other node can be the best. Nodes stand domain by domain in one tournament.
 */
export class DomainBests {
  readonly topology: Topology;
  /** A node is in another domain than when this was made, or was not there: it must be made anew. */
  stale = false;
  readonly #nodes: Int32Array;
  readonly #places: Int32Array;
  readonly #domains: Int32Array;
  /** Where the domains begin among #nodes, first the nodes without domain; the last is the end. */
  readonly #starts: readonly number[];
  readonly #scores: Tournament;

  constructor(topology: Topology, slots: number, scoreOf: (node: number) => number) {
    this.topology = topology;
    this.#domains = Int32Array.from({ length: slots }, (_, node) => topology.domainOf(node));
    const members: number[][] = Array.from({ length: topology.size + 1 }, () => []);
    for (let node = 0; node < slots; node++) members[this.#domains[node]! + 1]!.push(node);
    this.#nodes = Int32Array.from(members.flat());
    this.#places = new Int32Array(slots);
    this.#nodes.forEach((node, place) => {
      this.#places[node] = place;
    });
    const starts = [0];
    for (const { length } of members) starts.push(starts.at(-1)! + length);
    this.#starts = starts;
    this.#scores = new Tournament(Math.max(1, slots));
    for (let place = 0; place < slots; place++) this.#scores.put(place, scoreOf(this.#nodes[place]!));
    this.#scores.rebuild();
  }

  /** A node's score has changed. */
  set(node: number, score: number): void {
    if (node >= this.#domains.length || this.topology.domainOf(node) !== this.#domains[node]) this.stale = true;
    else this.#scores.set(this.#places[node]!, score);
  }

  /** One node for each domain that has a feasible one: of the best score, equal ones the lowest slot. */
  nodes(): number[] {
    const best: number[] = [];
    for (let i = 0; i + 1 < this.#starts.length; i++) {
      const place = this.#scores.bestIn(this.#starts[i]!, this.#starts[i + 1]!);
      if (place >= 0) best.push(this.#nodes[place]!);
    }
    return best;
  }
}
