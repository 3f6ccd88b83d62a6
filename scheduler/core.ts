import type { Node, Pod, PodDisruptionBudget } from "../api/wire.ts";
import type { Clock } from "../lib/clock.ts";
import type { SchedulerConfiguration } from "./configuration/configuration.ts";
import { type Choice, Decider } from "./decide/decider.ts";
import { type Diagnosis, diagnosisText } from "./decide/diagnosis.ts";
import { ruleSetOf } from "./decide/rules.ts";
import type { ClusterState } from "./relations/cluster-state.ts";
import { type WorkloadKind, type WorkloadObject, Workloads } from "./relations/default-spread.ts";
import { RelationsReader } from "./relations/pod-relations.ts";
import { RelationIndex } from "./relations/relation-index.ts";
import { demandOf } from "./packing/demand.ts";
import { Packing } from "./packing/packing.ts";
import { WorkloadModel } from "./packing/workload-model.ts";
import { WakeUps } from "./queue/wake-ups.ts";
import { type QueuedPod, SchedulingQueue } from "./queue/scheduling-queue.ts";
import { DEVICES_ANNOTATION, deviceIndices } from "../api/placement/devices.ts";
import { ClusterSnapshot } from "./snapshot/cluster-snapshot.ts";
import { decideGang, type GangHands, gangGroupKey, openGangOf } from "./gang/decide-gang.ts";
import { Gangs, type PodGroup } from "./gang/gangs.ts";
import { LabelSets } from "./snapshot/label-sets.ts";
import type { Placement } from "./snapshot/node-state.ts";
import { isTerminal, type PodInfo, podInfoOf, type PodReader } from "./snapshot/pod-info.ts";
import { Budgets } from "./preempt/budgets.ts";
import { Nominations } from "./preempt/nominations.ts";
import { keepPromises, promiseVolumes } from "./volume/promises.ts";
import { VolumeIndex } from "./volume/volume-index.ts";
import { PodShapes } from "./snapshot/pod-shape.ts";

export interface Placed {
  readonly type: "placed";
  readonly pod: QueuedPod;
  readonly node: string;
  readonly devices: readonly number[];
  readonly score: number;
  /** Claims that must be bound for this node first (`namespace/name`). */
  readonly claims: readonly string[];
}

export interface Unplaced {
  readonly type: "unplaced";
  readonly pod: QueuedPod;
  readonly diagnosis: Diagnosis;
  /** The diagnosis in kube-scheduler's words. */
  readonly text: string;
  /** Pods to remove so that this one fits: it is nominated for the node and tried again when they are gone. */
  readonly preemption?: { readonly node: string; readonly victims: readonly PodInfo[] };
  /** Pods of its group that are bound and must go: the group was not whole in time. */
  readonly release?: readonly PodInfo[];
  /** Pending pods that are not nominated any more (their status says so no longer). */
  readonly unnominated: readonly PodInfo[];
}

export type Decision = Placed | Unplaced;

export type StorageKind = "claims" | "volumes" | "classes" | "csiNodes" | "drivers" | "capacities";

/**
 * All that the scheduler decides, without any I/O: events come in, decisions come out. Whoever drives it (the live scheduler, a bench, a what-if)
 * carries them out and reports back with `bound` or `bindFailed`.
 */
export class SchedulerCore {
  readonly snapshot: ClusterSnapshot;
  readonly cluster: ClusterState;
  readonly queue: SchedulingQueue;
  /** Whether a pod of a profile was seen that spreads pods by their services and owners. */
  needsWorkloads = false;
  readonly #spreading: ReadonlySet<string>;
  readonly #reader: PodReader;
  readonly #labelSets = new LabelSets();
  readonly #deciders = new Map<string, Decider>();
  readonly #model: WorkloadModel;
  readonly #packing: Packing;
  readonly #wakeUps: WakeUps;
  readonly #hands: GangHands;
  /** Of a gang, last first. */
  #decided: Decision[] = [];

  constructor(options: { readonly clock: Clock; readonly configuration: SchedulerConfiguration }) {
    const { clock, configuration } = options;
    this.#reader = { shapes: new PodShapes(configuration.deviceResources), labelSets: this.#labelSets, relations: new RelationsReader() };
    this.snapshot = new ClusterSnapshot(configuration.deviceResources);
    this.cluster = { snapshot: this.snapshot, relations: new RelationIndex(this.snapshot), nominations: new Nominations(this.snapshot), budgets: new Budgets(), volumes: new VolumeIndex(), gangs: new Gangs(), workloads: new Workloads() };
    this.snapshot.addListener(this.cluster.volumes);
    this.snapshot.addListener(this.cluster.gangs);
    this.#model = new WorkloadModel();
    this.#packing = new Packing(this.snapshot, this.#model);
    this.#labelSets.onRelease((set) => this.cluster.relations.forget(set));
    this.#spreading = new Set(configuration.profiles.flatMap((profile) => (profile.defaultSpread === undefined ? [] : profile.schedulerName)));
    this.queue = new SchedulingQueue({
      clock,
      initialBackoff_ms: configuration.podInitialBackoff_ms,
      maxBackoff_ms: configuration.podMaxBackoff_ms,
      unschedulableTimeout_ms: configuration.unschedulableTimeout_ms,
    });
    for (const profile of configuration.profiles) this.#deciders.set(profile.schedulerName, new Decider(ruleSetOf(profile, { packing: this.#packing, snapshot: this.snapshot }), this.cluster, configuration.percentageOfNodesToScore));
    this.#hands = {
      cluster: this.cluster,
      queue: this.queue,
      now_ms: () => clock.monotonic_ms(),
      choose: (pod) => this.#choose(pod),
      assume: (pod, choice) => this.#assume(pod, choice),
      undo: ({ info }) => {
        this.snapshot.unplace(info.key);
        this.#labelSets.release(info.labelSet);
        keepPromises(info, this.cluster.volumes);
      },
      preempt: (info) => this.#deciders.get(info.schedulerName)!.preempt(info),
      unplaced: (pod, diagnosis) => this.#unplaced(pod, diagnosis),
    };
    this.#wakeUps = new WakeUps(this.queue, (info, nodes, stopped) => this.decider(info.schedulerName)?.fitsAny(info, nodes, stopped) ?? false);
    this.cluster.nominations.onFreed = (node) => this.#wakeUps.podRemoved(node);
  }

  /** The decider of a profile; undefined: not ours. */
  decider(schedulerName: string): Decider | undefined {
    return this.#deciders.get(schedulerName);
  }

  setNode(node: Node): void {
    if (!this.snapshot.setNode(node)) return;
    this.#wakeUps.nodeChanged(this.snapshot.nodeNamed(node.metadata.name ?? "")!.index);
  }

  /** A namespace's labels; undefined: it is gone. */
  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (this.cluster.relations.setNamespace(name, labels)) this.#wakeUps.podPlaced();
  }

  removeNode(name: string): void {
    const node = this.snapshot.nodeNamed(name);
    for (const pod of node === undefined ? [] : this.cluster.nominations.dropNode(node.index)) this.queue.update(pod, true);
    this.snapshot.removeNode(name);
    this.#wakeUps.nodeRemoved();
  }

  /** A pod was added or changed. */
  setPod(pod: Pod): void {
    if (isTerminal(pod)) return this.removePod(keyOf(pod));
    if (pod.spec?.nodeName) this.#setBound(pod);
    else this.#setPending(pod);
  }

  removePod(key: string): void {
    const queued = this.queue.delete(key);
    if (queued !== undefined) this.#dequeued(queued.info);
    this.cluster.nominations.delete(key);
    if (queued !== undefined) keepPromises(queued.info, this.cluster.volumes);
    const placement = this.snapshot.placements.get(key);
    if (placement !== undefined) this.#model.depart(placement.pod.shape);
    this.#unplace(key);
  }

  /** Storage objects by key; undefined: it is gone. */
  setStorage<Kind extends StorageKind>(kind: Kind, key: string, object: Parameters<VolumeIndex[Kind]["set"]>[1]): void {
    (this.cluster.volumes[kind] as { set(key: string, object: unknown): void }).set(key, object);
    this.#wakeUps.storageChanged();
  }

  /** A PodDisruptionBudget was added or changed. */
  setBudget(budget: PodDisruptionBudget): void {
    this.cluster.budgets.set(budget);
  }

  removeBudget(namespace: string, name: string): void {
    this.cluster.budgets.delete(namespace, name);
  }

  /** A PodGroup by `namespace/name`; undefined: it is gone. */
  setPodGroup(key: string, group: PodGroup | undefined): void {
    this.cluster.gangs.setGroup(key, group);
    this.queue.wakeKey(gangGroupKey(key));
  }

  /** A service or workload object, whose selector says which pods belong together; undefined: it is gone. */
  setWorkload(kind: WorkloadKind, namespace: string, name: string, object: WorkloadObject | undefined): void {
    this.cluster.workloads.set(kind, namespace, name, object);
  }

  /** Decides the next pod and assumes the result; a gang's decisions come one after another. Undefined: nothing to decide now. */
  step(): Decision | undefined {
    const decided = this.#decided.pop();
    if (decided !== undefined) return decided;
    this.#wakeUps.flush();
    const pod = this.queue.pop();
    if (pod === undefined) return undefined;
    const gang = openGangOf(pod.info, this.cluster);
    if (gang !== undefined) {
      this.#decided = decideGang(pod, gang, this.#hands).reverse();
      return this.#decided.pop();
    }
    const choice = this.#choose(pod);
    if ("reasons" in choice) return this.#unplaced(pod, choice);
    this.cluster.nominations.delete(pod.info.key);
    const placed = this.#assume(pod, choice);
    this.queue.placed(pod.info);
    return placed;
  }

  #choose(pod: QueuedPod): Choice | Diagnosis {
    return this.#deciders.get(pod.info.schedulerName)!.decide(pod.info);
  }

  #assume(pod: QueuedPod, choice: Choice): Placed {
    const node = this.snapshot.nodes[choice.node]!;
    const { devices } = this.snapshot.place(this.#retain(pod.info), node.name, this.devicesFor(pod.info, node.index), true);
    return { type: "placed", pod, node: node.name, devices, score: choice.score, claims: promiseVolumes(pod.info, node, this.cluster.volumes) };
  }

  #unplaced(pod: QueuedPod, failure: Diagnosis): Unplaced {
    const { info } = pod;
    const { nominations } = this.cluster;
    const result = failure.nodes === 0 ? undefined : this.#deciders.get(info.schedulerName)!.preempt(info);
    if (result?.type !== "victims") {
      const diagnosis = result === undefined ? failure : { ...failure, preemption: result.text };
      const waits = result?.type === "none" && result.waits;
      const unnominated = !waits && nominations.nodeOf(info.key) !== undefined ? [info] : [];
      if (!waits) nominations.delete(info.key);
      this.queue.failed(pod, failure.filters, { nominated: nominations.nodeOf(info.key) });
      return { type: "unplaced", pod, diagnosis, text: diagnosisText(diagnosis), unnominated };
    }
    const { node, placements } = result.victims;
    const unnominated = nominations.behind(info, node);
    for (const other of unnominated) nominations.delete(other.key);
    nominations.set(info, this.snapshot.nodes[node]!.name);
    for (const placement of placements) placement.evicting = true;
    this.queue.failed(pod, failure.filters, { nominated: node });
    const preemption = { node: this.snapshot.nodes[node]!.name, victims: placements.map((placement) => placement.pod) };
    return { type: "unplaced", pod, diagnosis: failure, text: diagnosisText(failure), preemption, unnominated };
  }

  /** A victim could not be removed: it stays, and the pod that it was to make room for is tried again. */
  evictionFailed(victim: PodInfo, pod: QueuedPod): void {
    const placement = this.snapshot.placements.get(victim.key);
    if (placement !== undefined) placement.evicting = false;
    if (this.queue.get(pod.info.key) !== pod) return;
    this.cluster.nominations.delete(pod.info.key);
    this.queue.update(pod.info, true);
  }

  /** The binding is done; the watch may tell of it later or has already. */
  bound(pod: QueuedPod): void {
    const { key, uid } = pod.info;
    const placement = this.snapshot.placements.get(key);
    if (placement?.pod.uid === uid && placement.assumed) {
      placement.assumed = false;
      this.#wakeUps.podPlaced();
    }
    this.cluster.gangs.check(pod.info.gang);
    keepPromises(pod.info, this.cluster.volumes);
    if (this.queue.get(key) !== pod) return;
    this.queue.delete(key);
    this.#dequeued(pod.info);
  }

  /** The binding was refused: the node is free again, the pod is tried again after its backoff. */
  bindFailed(pod: QueuedPod): void {
    const placement = this.snapshot.placements.get(pod.info.key);
    if (placement?.assumed && placement.pod.uid === pod.info.uid) this.#unplace(pod.info.key);
    keepPromises(pod.info, this.cluster.volumes);
    this.queue.retry(pod);
  }

  /** The devices that the packing score had in mind; undefined: whichever the pool chooses. */
  devicesFor({ shape }: PodInfo, node: number): readonly number[] | undefined {
    if (shape.device === undefined || this.#packing.outlook === undefined) return undefined;
    return this.#packing.place(demandOf(shape), node).devices;
  }

  #setBound(pod: Pod): void {
    const key = keyOf(pod);
    const queued = this.queue.delete(key);
    if (queued !== undefined) this.#dequeued(queued.info);
    this.cluster.nominations.delete(key);
    const placement = this.snapshot.placements.get(key);
    if (placement !== undefined && this.#countsTheSame(placement, pod)) {
      this.#confirm(placement, pod);
      return;
    }
    const info = podInfoOf(pod, this.#reader);
    if (placement !== undefined && placement.pod.uid === info.uid && placement.pod.shape === info.shape && placement.pod.labelSet === info.labelSet && placement.pod.terminating === info.terminating && this.#isOn(placement, pod)) {
      this.#labelSets.release(info.labelSet);
      this.#confirm(placement, pod);
      return;
    }
    if (placement === undefined && queued === undefined) this.#model.observe(info.shape);
    this.#unplace(key);
    this.snapshot.place(info, info.nodeName, deviceIndices(pod.metadata.annotations), false);
    this.cluster.gangs.check(info.gang);
    this.#wakeUps.podPlaced();
  }

  #confirm(placement: Placement, pod: Pod): void {
    placement.pod = { ...placement.pod, pod, nodeName: pod.spec!.nodeName! };
    if (placement.assumed) this.#wakeUps.podPlaced();
    placement.assumed = false;
    this.cluster.gangs.check(placement.pod.gang);
  }

  #isOn(placement: Placement, pod: Pod): boolean {
    const devices = pod.metadata.annotations?.[DEVICES_ANNOTATION] ?? "";
    return this.snapshot.nodes[placement.node]!.name === pod.spec?.nodeName && (placement.devices.length === 0 || devices === placement.devices.join(","));
  }

  /** Status changes of bound pods are frequent and change nothing here. */
  #countsTheSame(placement: Placement, pod: Pod): boolean {
    const old = placement.pod.pod;
    return (
      placement.pod.uid === pod.metadata.uid &&
      placement.pod.terminating === (pod.metadata.deletionTimestamp !== undefined) &&
      this.#isOn(placement, pod) &&
      old.metadata.generation !== undefined &&
      old.metadata.generation === pod.metadata.generation &&
      sameLabels(old.metadata.labels, pod.metadata.labels) &&
      !isResizing(old) &&
      !isResizing(pod)
    );
  }

  #setPending(pod: Pod): void {
    const key = keyOf(pod);
    const schedulerName = pod.spec?.schedulerName || "default-scheduler";
    const gated = (pod.spec?.schedulingGates?.length ?? 0) > 0;
    if (pod.metadata.deletionTimestamp || gated || !this.#deciders.has(schedulerName)) return this.removePod(key);
    if (this.#spreading.has(schedulerName)) this.needsWorkloads = true;
    const queued = this.queue.get(key);
    const info = podInfoOf(pod, this.#reader);
    if (queued === undefined) {
      this.#unplace(key);
      this.#model.observe(info.shape);
      this.queue.add(info);
      this.cluster.gangs.waits(info);
      if (pod.status?.nominatedNodeName) this.cluster.nominations.set(info, pod.status.nominatedNodeName);
      return;
    }
    const old = queued.info;
    this.queue.update(info, old.shape !== info.shape || old.labelSet !== info.labelSet || old.uid !== info.uid || old.priority !== info.priority);
    this.#nominatedByOthers(old, info);
    if (old.gang !== info.gang) this.cluster.gangs.settled(old);
    this.cluster.gangs.waits(info);
    this.#labelSets.release(old.labelSet);
  }

  /** Somebody else (a cluster autoscaler) says where the pod should go: tried first, as long as nothing here says otherwise. */
  #nominatedByOthers(old: PodInfo, info: PodInfo): void {
    const now = info.pod.status?.nominatedNodeName;
    if (!now || now === old.pod.status?.nominatedNodeName || this.cluster.nominations.nodeOf(info.key) !== undefined) return;
    this.cluster.nominations.set(info, now);
  }

  #dequeued(info: PodInfo): void {
    this.#labelSets.release(info.labelSet);
    this.cluster.gangs.settled(info);
  }

  #unplace(key: string): void {
    const placement = this.snapshot.unplace(key);
    if (placement === undefined) return;
    this.#labelSets.release(placement.pod.labelSet);
    this.#wakeUps.podRemoved(placement.node);
  }

  /** A placement holds its own reference on the label set. */
  #retain(info: PodInfo): PodInfo {
    info.labelSet.references++;
    return info;
  }
}

function keyOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

function isResizing(pod: Pod): boolean {
  return pod.status?.containerStatuses?.some((status) => status.allocatedResources !== undefined || status.resources !== undefined) ?? false;
}

function sameLabels(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
