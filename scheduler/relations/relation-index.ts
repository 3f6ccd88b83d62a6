import type { ClusterSnapshot, PlacementListener } from "../snapshot/cluster-snapshot.ts";
import type { LabelSet } from "../snapshot/label-sets.ts";
import type { NodeState, Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { NamespaceLabels } from "./namespaces.ts";
import { DomainSums, NodeCounts } from "./node-counts.ts";
import { type PodSelector, selects, type Term } from "./pod-relations.ts";
import { Topology, UNMOVED } from "./topology.ts";

/** What a term means to the pods that it selects. */
export type HolderKind = "requiredAffinity" | "requiredAntiAffinity" | "preferredAffinity" | "preferredAntiAffinity";

/** A term that placed pods hold: where, and how much (pods, or their weights). */
export interface Holders {
  readonly kind: HolderKind;
  readonly selector: PodSelector;
  readonly counts: NodeCounts;
  readonly sums: DomainSums;
}

/** Pods that carry one label set, by node. */
interface Carriers {
  readonly set: LabelSet;
  readonly all: NodeCounts;
  readonly living: NodeCounts;
  /** Counters that this set's pods count in. */
  readonly counters: Counter[];
  /** Terms of others that select this set. */
  readonly holders: Set<Holders>;
}

/** Pods that all of some selectors select. */
interface Counter {
  readonly selectors: readonly PodSelector[];
  readonly counts: NodeCounts;
}

interface CachedSums {
  readonly sums: DomainSums;
  readonly counter: string;
}

/** Memory for sums; the longest unused go first. */
const MAX_SUMS_BYTES = 128 * 1024 * 1024;

/**
 * All that rules between pods need, kept by events: how many pods a selector selects in each domain of a topology, and which terms of placed
 * pods select a given pod. Counting is done per label set, so equal pods are matched once.
 */
export class RelationIndex implements PlacementListener {
  readonly namespaces = new NamespaceLabels();
  readonly #snapshot: ClusterSnapshot;
  readonly #topologies = new Map<string, Topology>();
  readonly #carriers = new Map<number, Carriers>();
  readonly #counters = new Map<string, Counter>();
  readonly #sums = new Map<string, CachedSums>();
  readonly #holders = new Map<string, Holders>();

  constructor(snapshot: ClusterSnapshot) {
    this.#snapshot = snapshot;
    snapshot.addListener(this);
  }

  topology(key: string): Topology {
    let topology = this.#topologies.get(key);
    if (topology === undefined) {
      topology = new Topology(key, this.#snapshot);
      this.#topologies.set(key, topology);
    }
    return topology;
  }

  /** How many placed pods that all `selectors` select lie in each domain. `eligibility` names the predicate `eligible`, for sharing. */
  podsPerDomain(selectors: readonly PodSelector[], topologyKey: string, eligibility = "", eligible?: (node: number) => boolean): DomainSums {
    const counterText = selectors.map((selector) => selector.text).join("&");
    const text = `${counterText}@${topologyKey}@${eligibility}`;
    let cached = this.#sums.get(text);
    if (cached === undefined) {
      const counts = this.#counter(counterText, selectors).counts;
      cached = { sums: new DomainSums(counts, this.topology(topologyKey), this.#snapshot.slots, eligible), counter: counterText };
      this.#evict();
    } else this.#sums.delete(text);
    this.#sums.set(text, cached);
    return cached.sums;
  }

  /** Terms of placed pods that select this pod. */
  holdersSelecting(set: LabelSet): ReadonlySet<Holders> {
    return this.#carriersOf(set).holders;
  }

  placed({ pod, node }: Placement): void {
    this.#count(pod, node, 1);
  }

  removed({ pod, node }: Placement): void {
    this.#count(pod, node, -1);
  }

  nodeChanged(node: NodeState): void {
    const moved = new Map<Topology, number>();
    for (const topology of this.#topologies.values()) {
      const now = topology.domainOf(node.index);
      const old = topology.setNode(node);
      moved.set(topology, old === UNMOVED ? now : old);
    }
    for (const { sums } of this.#sums.values()) sums.nodeChanged(node.index, moved.get(sums.topology)!);
    for (const { sums } of this.#holders.values()) sums.nodeChanged(node.index, moved.get(sums.topology)!);
  }

  /** A pod's label set is carried by nobody any more. */
  forget(set: LabelSet): void {
    this.#carriers.delete(set.id);
  }

  /** Labels of a namespace changed: terms that select namespaces by label are matched again. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): boolean {
    const changed = labels === undefined ? this.namespaces.delete(name) : this.namespaces.set(name, labels);
    if (!changed) return false;
    this.#rematch();
    return true;
  }

  #rematch(): void {
    for (const cached of this.#sums.values()) cached.sums.drop();
    this.#sums.clear();
    this.#counters.clear();
    for (const carriers of this.#carriers.values()) {
      carriers.counters.length = 0;
      carriers.holders.clear();
      for (const holders of this.#holders.values()) if (this.#selects(holders.selector, carriers.set)) carriers.holders.add(holders);
    }
  }

  #count(pod: PodInfo, node: number, sign: 1 | -1): void {
    const carriers = this.#carriersOf(pod.labelSet);
    carriers.all.add(node, sign);
    if (!pod.terminating) carriers.living.add(node, sign);
    for (const counter of carriers.counters) if (!pod.terminating || !counter.selectors[0]!.livingOnly) counter.counts.add(node, sign);
    const { relations } = pod;
    if (relations === undefined) return;
    for (const term of relations.requiredAffinity) this.#hold("requiredAffinity", term, node, sign);
    for (const term of relations.requiredAntiAffinity) this.#hold("requiredAntiAffinity", term, node, sign);
    for (const term of relations.preferredAffinity) this.#hold("preferredAffinity", term, node, sign * term.weight);
    for (const term of relations.preferredAntiAffinity) this.#hold("preferredAntiAffinity", term, node, sign * term.weight);
  }

  #hold(kind: HolderKind, term: Term, node: number, amount: number): void {
    if (amount === 0) return;
    const text = `${kind}${term.selector.text}@${term.topologyKey}`;
    let holders = this.#holders.get(text);
    if (holders === undefined) {
      const counts = new NodeCounts();
      holders = { kind, selector: term.selector, counts, sums: new DomainSums(counts, this.topology(term.topologyKey), this.#snapshot.slots) };
      this.#holders.set(text, holders);
      for (const carriers of this.#carriers.values()) if (this.#selects(term.selector, carriers.set)) carriers.holders.add(holders);
    }
    holders.counts.add(node, amount);
    if (holders.counts.total !== 0) return;
    this.#holders.delete(text);
    for (const carriers of this.#carriers.values()) carriers.holders.delete(holders);
  }

  #counter(text: string, selectors: readonly PodSelector[]): Counter {
    const known = this.#counters.get(text);
    if (known !== undefined) return known;
    const counter: Counter = { selectors, counts: new NodeCounts() };
    this.#counters.set(text, counter);
    for (const carriers of this.#carriers.values()) {
      if (!this.#counts(counter, carriers.set)) continue;
      carriers.counters.push(counter);
      for (const [node, amount] of (selectors[0]!.livingOnly ? carriers.living : carriers.all).entries()) counter.counts.add(node, amount);
    }
    return counter;
  }

  #carriersOf(set: LabelSet): Carriers {
    let carriers = this.#carriers.get(set.id);
    if (carriers === undefined) {
      carriers = { set, all: new NodeCounts(), living: new NodeCounts(), counters: [], holders: new Set() };
      this.#carriers.set(set.id, carriers);
      for (const counter of this.#counters.values()) if (this.#counts(counter, set)) carriers.counters.push(counter);
      for (const holders of this.#holders.values()) if (this.#selects(holders.selector, set)) carriers.holders.add(holders);
    }
    return carriers;
  }

  #counts(counter: Counter, set: LabelSet): boolean {
    return counter.selectors.every((selector) => this.#selects(selector, set));
  }

  #selects(selector: PodSelector, set: LabelSet): boolean {
    return selects(selector, set.namespace, set.labels, this.namespaces);
  }

  #evict(): void {
    const bytes = this.#snapshot.slots * 14;
    while (this.#sums.size > 16 && this.#sums.size * bytes > MAX_SUMS_BYTES) {
      const [text, cached] = this.#sums.entries().next().value!;
      cached.sums.drop();
      this.#sums.delete(text);
      if ([...this.#sums.values()].some((other) => other.counter === cached.counter)) continue;
      const counter = this.#counters.get(cached.counter);
      this.#counters.delete(cached.counter);
      for (const carriers of this.#carriers.values()) {
        const at = counter === undefined ? -1 : carriers.counters.indexOf(counter);
        if (at >= 0) carriers.counters.splice(at, 1);
      }
    }
  }
}
