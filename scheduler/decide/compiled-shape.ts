import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import type { NodeFilter } from "../filter/filter.ts";
import type { RuleSet } from "./rules.ts";

/** No such Node: neither feasible nor counted. */
export const ABSENT = 255;

interface Test {
  /** 1 + index in RuleSet.nodeFilters: what `judge` answers when it fails. */
  readonly code: number;
  passes(node: number): boolean;
}

/** The rules about single nodes of one profile, compiled for one pod shape. */
export class CompiledShape {
  readonly shape: PodShape;
  readonly #snapshot: ClusterSnapshot;
  readonly #rules: RuleSet;
  #static: Test[] = [];
  #dynamic: Test[] = [];
  #scores: { weight: number; score(node: number): number }[] = [];
  readonly #epochs: unknown[] = [];
  #columns = -1;

  constructor(shape: PodShape, rules: RuleSet, snapshot: ClusterSnapshot) {
    this.shape = shape;
    this.#rules = rules;
    this.#snapshot = snapshot;
    this.refresh();
  }

  /** Compiles again when nodes offer new resources. Returns whether it did: earlier judgements are void then. */
  refresh(): boolean {
    if (this.#columns === this.#snapshot.columns.names.length) return false;
    this.#columns = this.#snapshot.columns.names.length;
    const tests = (wanted: boolean) =>
      this.#rules.nodeFilters.flatMap((rule, i) => {
        const passes = rule.static === wanted ? rule.compile(this.shape, this.#snapshot) : undefined;
        return passes === undefined ? [] : [{ code: i + 1, passes }];
      });
    this.#static = tests(true);
    this.#dynamic = tests(false);
    this.#scores = this.#rules.nodeScores.flatMap(({ rule, weight }) => {
      const score = rule.compile(this.shape, this.#snapshot);
      return score === undefined ? [] : [{ weight, score }];
    });
    return true;
  }

  /** 0: the static rules pass; else the code of the first that fails. */
  judgeStatic(node: number): number {
    if (this.#snapshot.nodes[node]?.node === undefined) return ABSENT;
    for (const test of this.#static) if (!test.passes(node)) return test.code;
    return 0;
  }

  judgeDynamic(node: number): number {
    for (const test of this.#dynamic) if (!test.passes(node)) return test.code;
    return 0;
  }

  judge(node: number): number {
    return this.judgeStatic(node) || this.judgeDynamic(node);
  }

  /** Whether what scores depend on besides the snapshot is another than at the last call: earlier scores are void then. */
  refreshScores(): boolean {
    let changed = false;
    this.#rules.nodeScores.forEach(({ rule }, i) => {
      const epoch = rule.epoch?.();
      if (this.#epochs[i] !== epoch) changed = true;
      this.#epochs[i] = epoch;
    });
    return changed;
  }

  /** Weighted sum of the scores of a feasible node. */
  score(node: number): number {
    let sum = 0;
    for (const { weight, score } of this.#scores) sum += weight * score(node);
    return sum;
  }

  filterOf(code: number): NodeFilter {
    return this.#rules.nodeFilters[code - 1]!;
  }
}
