import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import { ABSENT, type CompiledShape } from "./compiled-shape.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Topology } from "../relations/topology.ts";
import { DomainBests } from "./domain-bests.ts";
import { FailureCounts, type Failing } from "./failure-counts.ts";
import { Tournament } from "./tournament.ts";

const NOT_JUDGED = -1;
/** Nodes tried one by one before all are looked at. */
const MOST_TRIED = 48;

/** All nodes as pods of one shape see them, kept by re-judging only nodes that changed: the best node is at hand at any time. */
export class NodeView {
  readonly compiled: CompiledShape;
  readonly #snapshot: ClusterSnapshot;
  /** Of the state as of the last sync, for pods that only rules about single nodes speak of. */
  diagnosis: Diagnosis | undefined;
  #position = -1;
  #codes = new Uint8Array(0);
  #staticCodes = new Uint8Array(0);
  #staticVersions = new Int32Array(0);
  #scores = new Tournament(1);
  /** Of the topology asked for last. */
  #bests: DomainBests | undefined;
  /** Kept from the first time that somebody asks. */
  #failures: FailureCounts | undefined;

  constructor(compiled: CompiledShape, snapshot: ClusterSnapshot) {
    this.compiled = compiled;
    this.#snapshot = snapshot;
  }

  /** Catches up with the snapshot. */
  sync(): void {
    const { changes } = this.#snapshot;
    if (this.#position !== changes.position) this.diagnosis = undefined;
    const compiledAnew = this.compiled.refresh();
    const scoredAnew = this.compiled.refreshScores();
    if (compiledAnew || scoredAnew || this.#position < 0 || this.#snapshot.slots > this.#codes.length || !changes.covers(this.#position)) this.#rebuild(compiledAnew);
    else if (this.#position !== changes.position) changes.replay(this.#position, (node) => this.#update(node));
    this.#position = changes.position;
  }

  /** The feasible node of the highest score, -1: none. */
  get best(): number {
    return this.#scores.best;
  }

  /** The feasible node of the highest score that passes more rules, -1: none does; undefined: so many failed that looking at all is quicker. */
  bestOf(passes: (node: number) => boolean): number | undefined {
    return this.#scores.bestOf(passes, MOST_TRIED);
  }

  /** The best feasible node of each domain of the topology, and of the nodes outside of all. */
  bestPerDomain(topology: Topology): readonly number[] {
    if (this.#bests?.topology !== topology || this.#bests.stale) this.#bests = new DomainBests(topology, this.#snapshot.slots, (node) => this.#scores.value(node));
    return this.#bests.nodes();
  }

  /** 0: feasible; ABSENT; else the code of the filter that fails (CompiledShape.filterOf). */
  code(node: number): number {
    return this.#codes[node]!;
  }

  score(node: number): number {
    return this.#scores.value(node);
  }

  /** Why nodes fail, added up; some may count no nodes any more. */
  failures(): readonly Failing[] {
    if (this.#failures === undefined) {
      this.#failures = new FailureCounts(this.#scores.size);
      for (let node = 0; node < this.#snapshot.slots; node++) this.#failures.change(node);
    }
    return this.#failures.all((node) => {
      const code = this.#codes[node]!;
      if (code === 0 || code === ABSENT) return undefined;
      const filter = this.compiled.filterOf(code);
      return { filter: filter.name, reasons: filter.reasons(this.compiled.shape, this.#snapshot, node) };
    });
  }

  /** Bytes that a view of so many nodes takes, about. */
  static bytes(nodes: number): number {
    return nodes * 2 * (1 + 1 + 4 + 8 + 4 + 4 + 18);
  }

  #update(node: number): void {
    const score = this.#judge(node);
    this.#scores.set(node, score);
    this.#bests?.set(node, score);
  }

  #rebuild(forget: boolean): void {
    this.#bests = undefined;
    const slots = this.#snapshot.slots;
    if (slots > this.#codes.length || forget) {
      this.#scores = new Tournament(Math.max(64, slots));
      this.#failures = undefined;
      this.#codes = new Uint8Array(this.#scores.size).fill(ABSENT);
      this.#staticCodes = new Uint8Array(this.#scores.size);
      this.#staticVersions = new Int32Array(this.#scores.size).fill(NOT_JUDGED);
    }
    for (let node = 0; node < slots; node++) this.#scores.put(node, this.#judge(node));
    this.#scores.rebuild();
  }

  #judge(node: number): number {
    const version = this.#snapshot.staticVersion[node]!;
    if (this.#staticVersions[node] !== version) {
      this.#staticVersions[node] = version;
      this.#staticCodes[node] = this.compiled.judgeStatic(node);
    }
    const code = this.#staticCodes[node]! || this.compiled.judgeDynamic(node);
    this.#codes[node] = code;
    this.#failures?.change(node);
    return code === 0 ? this.compiled.score(node) : Number.NEGATIVE_INFINITY;
  }
}
