import type { PreparedFilter } from "../filter/filter.ts";
import type { PreparedScore } from "../score/score.ts";
import { openTrial } from "../preempt/node-trials.ts";
import { Preemption, type PreemptionResult } from "../preempt/preemption.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { Topology } from "../relations/topology.ts";
import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import { ABSENT, CompiledShape } from "./compiled-shape.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { examine, type NodeReport } from "./examine.ts";
import { NodeView } from "./node-view.ts";
import type { RuleSet } from "./rules.ts";

/** Most memory for views; the longest unused go first. */
const MAX_VIEW_BYTES = 256 * 1024 * 1024;
/** Shapes kept compiled for `fits`. */
const MAX_COMPILED = 20_000;
/** Domains of a topology of which each gives one node to weigh; where there are more, all nodes are looked at. */
const MOST_DOMAINS = 256;
/** Least feasible nodes that a sample holds, as in kube-scheduler. */
const MIN_SAMPLE = 100;
/** What kube-scheduler says of nodes that it need not ask because the pod is pinned to others. */
const NOT_PINNED = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

export interface Choice {
  readonly node: number;
  readonly score: number;
}

/** Finds the best node for a pod under one profile: the exact best of all feasible nodes, equal ones by their slot. */
export class Decider {
  readonly #cluster: ClusterState;
  readonly #snapshot: ClusterSnapshot;
  readonly #rules: RuleSet;
  readonly #preemption: Preemption;
  readonly #views = new Map<number, NodeView>();
  readonly #compiled = new Map<number, CompiledShape>();
  #values = new Float64Array(64);
  #totals = new Float64Array(64);
  #candidates = new Int32Array(64);

  /** Feasible nodes that are weighed against one another, in per cent of all; less than 100 gives up the exact best where rules weigh nodes against one another. */
  readonly #percentage: number;
  #offset = 0;

  constructor(rules: RuleSet, cluster: ClusterState, percentageOfNodesToScore = 100) {
    this.#percentage = percentageOfNodesToScore;
    this.#rules = rules;
    this.#cluster = cluster;
    this.#snapshot = cluster.snapshot;
    this.#preemption = new Preemption(rules, cluster);
  }

  /** The best node, or why there is none. */
  decide(pod: PodInfo): Choice | Diagnosis {
    const filters = this.#allFilters(pod);
    const rejecting = filters.find((filter) => filter.rejects !== undefined);
    if (rejecting !== undefined) return { nodes: this.#snapshot.nodeCount, reasons: new Map(), filters: new Set([rejecting.name]), podReason: rejecting.rejects! };
    const nominated = this.#nominatedChoice(pod, filters);
    if (nominated !== undefined) return nominated;
    const scores = this.#prepareScores(pod);
    const { shape } = pod;
    if (shape.pinned !== undefined) {
      const compiled = new CompiledShape(shape, this.#rules, this.#snapshot);
      const nodes = shape.pinned.flatMap((name) => this.#snapshot.nodeNamed(name)?.index ?? []);
      return this.#scan(nodes, (node) => compiled.judge(node), (node) => compiled.score(node), filters, scores) ?? this.#diagnosePinned(compiled, nodes, filters);
    }
    const view = this.view(shape);
    if (filters.length === 0 && scores.length === 0) {
      const node = view.best;
      return node >= 0 ? { node, score: view.score(node) } : this.#diagnose(view, filters);
    }
    if (view.best < 0) return this.#diagnose(view, filters);
    if (scores.length === 0) {
      // Nodes need not be weighed against one another: the first in order of score that passes is the best.
      const node = view.bestOf((candidate) => passesAll(filters, candidate));
      if (node !== undefined) return node < 0 ? this.#diagnose(view, filters) : { node, score: view.score(node) };
    }
    const topology = onlyTopology([...filters, ...scores.map(({ prepared }) => prepared)]);
    const candidates = topology === undefined ? undefined : view.bestPerDomain(topology);
    return this.#scan(candidates, (node) => view.code(node), (node) => view.score(node), filters, scores) ?? this.#diagnose(view, filters);
  }

  /** What every rule says about every node, or about some. */
  examine(pod: PodInfo, nodes?: readonly number[]): NodeReport[] {
    return examine(pod, this.#rules, this.#cluster, nodes);
  }

  /** Whether the pod could go to one of these nodes now. `stopped` is told of rules that stop it on a node where the rules about that node alone do not. */
  fitsAny(pod: PodInfo, nodes: ReadonlySet<number>, stopped: (filter: string) => void = () => undefined): boolean {
    const compiled = this.#compiledFor(pod.shape);
    let filters: readonly (PreparedFilter & { name: string })[] | undefined;
    for (const node of nodes) {
      if (compiled.judge(node) !== 0) continue;
      filters ??= this.#allFilters(pod);
      const stop = filters.find((filter) => filter.rejects !== undefined || filter.verdict(node) !== 0);
      if (stop === undefined) return true;
      stopped(stop.name);
    }
    return false;
  }

  #compiledFor(shape: PodShape): CompiledShape {
    let compiled = this.#compiled.get(shape.id);
    if (compiled === undefined) {
      if (this.#compiled.size >= MAX_COMPILED) this.#compiled.clear();
      compiled = new CompiledShape(shape, this.#rules, this.#snapshot);
      this.#compiled.set(shape.id, compiled);
    }
    compiled.refresh();
    return compiled;
  }

  /** The up-to-date view of a shape. */
  view(shape: PodShape): NodeView {
    let view = this.#views.get(shape.id);
    if (view === undefined) view = new NodeView(new CompiledShape(shape, this.#rules, this.#snapshot), this.#snapshot);
    else this.#views.delete(shape.id);
    this.#views.set(shape.id, view);
    if (this.#views.size * NodeView.bytes(this.#snapshot.slots) > MAX_VIEW_BYTES && this.#views.size > 1) this.#views.delete(this.#views.keys().next().value!);
    view.sync();
    return view;
  }

  /** What preemption would do for a pod that `decide` found no node for. */
  preempt(pod: PodInfo): PreemptionResult {
    return this.#preemption.find(pod, this.#compiledFor(pod.shape));
  }

  /** The node that room was made on, as soon as it is free: other nodes are not weighed against it. */
  #nominatedChoice(pod: PodInfo, filters: readonly PreparedFilter[]): Choice | undefined {
    const node = this.#cluster.nominations.nodeOf(pod.key);
    if (node === undefined) return undefined;
    const compiled = this.#compiledFor(pod.shape);
    if (compiled.judge(node) !== 0 || filters.some((filter) => filter.verdict(node) !== 0)) return undefined;
    return { node, score: compiled.score(node) };
  }

  /** Nodes must keep room for nominated pods of at least this pod's priority. */
  #keptRoom(pod: PodInfo, between: boolean): (PreparedFilter & { name: string }) | undefined {
    const { nominations } = this.#cluster;
    if (nominations.empty) return undefined;
    const texts: string[] = [];
    return {
      name: "NodeResourcesFit",
      verdict: (node) => {
        if (nominations.ahead(pod, node).length === 0) return 0;
        const trial = openTrial(pod, node, this.#rules.nodeFilters, between ? this.#rules.clusterFilters : [], this.#cluster);
        const reason = trial.passes() ? undefined : (trial.reasons()[0] ?? "");
        trial.close();
        if (reason === undefined) return 0;
        if (!texts.includes(reason)) texts.push(reason);
        return texts.indexOf(reason) + 1;
      },
      reason: (verdict) => texts[verdict - 1] ?? "",
    };
  }

  /** The rules over several nodes that say something about this pod. */
  #allFilters(pod: PodInfo): (PreparedFilter & { name: string })[] {
    const filters = this.#prepareFilters(pod);
    const kept = this.#keptRoom(pod, filters.length > 0);
    if (kept !== undefined) filters.push(kept);
    return filters;
  }

  #prepareFilters(pod: PodInfo): (PreparedFilter & { name: string })[] {
    return this.#rules.clusterFilters.flatMap((rule) => {
      const prepared = rule.prepare(pod, this.#cluster);
      return prepared === undefined ? [] : [{ ...prepared, name: rule.name }];
    });
  }

  #prepareScores(pod: PodInfo): { weight: number; prepared: PreparedScore }[] {
    return this.#rules.clusterScores.flatMap(({ rule, weight }) => {
      const prepared = rule.prepare(pod, this.#cluster);
      return prepared === undefined ? [] : [{ weight, prepared }];
    });
  }

  /** Looks at every candidate (undefined: every slot): for rules that weigh nodes against one another. */
  #scan(
    nodes: readonly number[] | undefined,
    codeOf: (node: number) => number,
    scoreOf: (node: number) => number,
    filters: readonly PreparedFilter[],
    scores: readonly { weight: number; prepared: PreparedScore }[],
  ): Choice | undefined {
    const slots = this.#snapshot.slots;
    if (this.#candidates.length < slots) {
      this.#candidates = new Int32Array(slots * 2);
      this.#values = new Float64Array(slots * 2);
      this.#totals = new Float64Array(slots * 2);
    }
    let count = 0;
    const total = nodes?.length ?? slots;
    const enough = this.#percentage >= 100 ? total : Math.max(MIN_SAMPLE, Math.ceil((total * this.#percentage) / 100));
    const start = enough >= total ? 0 : this.#offset % total;
    for (let i = 0; i < total && count < enough; i++) {
      const at = start + i < total ? start + i : start + i - total;
      const node = nodes === undefined ? at : nodes[at]!;
      this.#offset = at + 1;
      if (codeOf(node) === 0 && passesAll(filters, node)) this.#candidates[count++] = node;
    }
    if (count === 0) return undefined;
    const candidates = this.#candidates.subarray(0, count);
    const totals = this.#totals.subarray(0, count);
    for (let i = 0; i < count; i++) totals[i] = scoreOf(candidates[i]!);
    const values = this.#values.subarray(0, count);
    for (const { weight, prepared } of scores) {
      for (let i = 0; i < count; i++) values[i] = prepared.raw(candidates[i]!);
      prepared.normalise(values, candidates);
      for (let i = 0; i < count; i++) totals[i]! += weight * values[i]!;
    }
    let best = 0;
    for (let i = 1; i < count; i++) if (totals[i]! > totals[best]! || (totals[i] === totals[best] && candidates[i]! < candidates[best]!)) best = i;
    return { node: candidates[best]!, score: totals[best]! };
  }

  #diagnose(view: NodeView, filters: readonly (PreparedFilter & { name: string })[]): Diagnosis {
    const known = view.diagnosis;
    if (filters.length === 0 && known !== undefined) return known;
    const count = new Counter(this.#snapshot, view.compiled, filters);
    for (const { filter, reasons, nodes } of view.failures()) for (const reason of reasons) count.addOthers(reason, filter, nodes);
    if (filters.length > 0 && view.best >= 0) for (let node = 0; node < this.#snapshot.slots; node++) if (view.code(node) === 0) count.add(node, 0);
    const result = count.result();
    if (filters.length === 0) view.diagnosis = result;
    return result;
  }

  #diagnosePinned(compiled: CompiledShape, nodes: readonly number[], filters: readonly (PreparedFilter & { name: string })[]): Diagnosis {
    const count = new Counter(this.#snapshot, compiled, filters);
    let asked = 0;
    for (const node of nodes) {
      const code = compiled.judge(node);
      if (code !== ABSENT) asked++;
      count.add(node, code);
    }
    count.addOthers(NOT_PINNED, "NodeAffinity", this.#snapshot.nodeCount - asked);
    return count.result();
  }
}

/** The one topology, of few domains, by which all these rules tell nodes apart; undefined: they look at more. */
function onlyTopology(rules: readonly { readonly topologies?: readonly Topology[] }[]): Topology | undefined {
  let found: Topology | undefined;
  for (const { topologies } of rules) {
    if (topologies === undefined) return undefined;
    for (const topology of topologies) {
      if (found !== undefined && found !== topology) return undefined;
      found = topology;
    }
  }
  return found === undefined || found.size > MOST_DOMAINS ? undefined : found;
}

function passesAll(filters: readonly PreparedFilter[], node: number): boolean {
  for (const filter of filters) if (filter.verdict(node) !== 0) return false;
  return true;
}

/** Adds up the reasons of nodes. */
class Counter {
  readonly #snapshot: ClusterSnapshot;
  readonly #compiled: CompiledShape;
  readonly #filters: readonly (PreparedFilter & { name: string })[];
  readonly #reasons = new Map<string, number>();
  readonly #names = new Set<string>();

  constructor(snapshot: ClusterSnapshot, compiled: CompiledShape, filters: readonly (PreparedFilter & { name: string })[]) {
    this.#snapshot = snapshot;
    this.#compiled = compiled;
    this.#filters = filters;
  }

  add(node: number, code: number): void {
    if (code === ABSENT) return;
    if (code !== 0) {
      const filter = this.#compiled.filterOf(code);
      this.#names.add(filter.name);
      for (const reason of filter.reasons(this.#compiled.shape, this.#snapshot, node)) this.#count(reason, 1);
      return;
    }
    for (const filter of this.#filters) {
      const verdict = filter.verdict(node);
      if (verdict === 0) continue;
      this.#names.add(filter.name);
      this.#count(filter.reason(verdict), 1);
      return;
    }
  }

  addOthers(reason: string, filter: string, count: number): void {
    if (count <= 0) return;
    this.#names.add(filter);
    this.#count(reason, count);
  }

  result(): Diagnosis {
    return { nodes: this.#snapshot.nodeCount, reasons: this.#reasons, filters: this.#names };
  }

  #count(reason: string, by: number): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + by);
  }
}
