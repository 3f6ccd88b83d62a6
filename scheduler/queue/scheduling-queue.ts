import type { Clock } from "../../lib/clock.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { Heap } from "./heap.ts";

/** Where a pending pod is: to be decided now, waiting out its backoff, waiting for an event, or being decided or bound. */
export type QueueState = "active" | "backoff" | "unschedulable" | "taken" | "gone";

export interface QueuedPod {
  info: PodInfo;
  state: QueueState;
  /** When it came into the queue first: older ones go first among equal priorities. */
  readonly added_ms: number;
  readonly order: number;
  /** Decisions so far. */
  attempts: number;
  /** Its backoff ends then (clock.monotonic_ms). */
  ready_ms: number;
  /** When it last failed. */
  failed_ms: number;
  /** Entries in heaps with an older ticket are void. */
  ticket: number;
  group: Group | undefined;
}

/**
 * Pods that fail or fit alike (same shape, labels and priority). Only one of a waiting group is woken by an event; when it is placed the next
 * one is, and when it fails the others would have failed too. So 10,000 equal pods that do not fit cost as much as one.
 */
export interface Group {
  readonly key: string;
  readonly sample: PodInfo;
  /** Room is being made for its one pod on this node. */
  readonly nominated: number | undefined;
  /** Filters that failed at the last decision, and those seen to stop it since; changed by the queue alone. */
  filters: ReadonlySet<string>;
  readonly waiting: Heap<Entry>;
  /** How many of `waiting` are not void. */
  size: number;
}

interface Entry {
  readonly pod: QueuedPod;
  readonly ticket: number;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly initialBackoff_ms: number;
  readonly maxBackoff_ms: number;
  readonly unschedulableTimeout_ms: number;
}

export interface QueueSizes {
  readonly active: number;
  readonly backoff: number;
  readonly unschedulable: number;
}

/** Pods fail and fit alike when this is equal. Pods with claims of their own are alike to no other. */
export function groupKeyOf(info: PodInfo): string {
  return `${info.schedulerName}/${info.priority}/${info.shape.id}/${info.labelSet.id}/${info.relations?.text ?? ""}/${info.volumes === undefined ? "" : JSON.stringify(info.volumes)}`;
}

function firstByPriority(a: Entry, b: Entry): boolean {
  if (a.pod.info.priority !== b.pod.info.priority) return a.pod.info.priority > b.pod.info.priority;
  return a.pod.added_ms !== b.pod.added_ms ? a.pod.added_ms < b.pod.added_ms : a.pod.order < b.pod.order;
}

const NONE: ReadonlySet<Group> = new Set();

function isVoid(entry: Entry): boolean {
  return entry.ticket !== entry.pod.ticket;
}

/** The pending pods: highest priority first, oldest first among equals; a pod that failed waits for what could help it and blocks nobody. */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  readonly #active = new Heap<Entry>(firstByPriority);
  readonly #backoff = new Heap<Entry>((a, b) => a.pod.ready_ms < b.pod.ready_ms);
  readonly #groups = new Map<string, Group>();
  /** Groups that no room is being made for. */
  readonly #free = new Set<Group>();
  /** The others, by the node where room is being made and by the filters that failed: thousands of them must cost an event nothing. */
  readonly #nominated = new Map<number, Set<Group>>();
  readonly #nominatedFor = new Map<string, Set<Group>>();
  readonly #counts = { active: 0, backoff: 0, unschedulable: 0, taken: 0, gone: 0 };
  #order = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pods.size;
  }

  get sizes(): QueueSizes {
    return this.#counts;
  }

  /** Groups with pods that wait for an event. */
  get groups(): Iterable<Group> {
    return this.#groups.values();
  }

  /** Those of `groups` for which no room is being made. */
  get freeGroups(): ReadonlySet<Group> {
    return this.#free;
  }

  /** Groups for which room is being made on a node. */
  nominatedOn(node: number): ReadonlySet<Group> {
    return this.#nominated.get(node) ?? NONE;
  }

  /** Groups for which room is being made and that a filter stopped. */
  nominatedFor(filter: string): ReadonlySet<Group> {
    return this.#nominatedFor.get(filter) ?? NONE;
  }

  get(key: string): QueuedPod | undefined {
    return this.#pods.get(key);
  }

  /** A new pending pod. */
  add(info: PodInfo): void {
    const now_ms = this.#options.clock.monotonic_ms();
    const pod: QueuedPod = { info, state: "gone", added_ms: now_ms, order: this.#order++, attempts: 0, ready_ms: 0, failed_ms: 0, ticket: 0, group: undefined };
    this.#pods.set(info.key, pod);
    this.#activate(pod);
  }

  /** The pod's object changed. `relevant`: in a way that a rule could see, so it is decided again at once. */
  update(info: PodInfo, relevant: boolean): void {
    const pod = this.#pods.get(info.key);
    if (pod === undefined) return this.add(info);
    const wasWaiting = pod.state === "unschedulable" || pod.state === "backoff";
    if (wasWaiting && relevant) this.#leave(pod);
    pod.info = info;
    if (wasWaiting && relevant) this.#activate(pod);
  }

  /** The pod is gone or bound. */
  delete(key: string): QueuedPod | undefined {
    const pod = this.#pods.get(key);
    if (pod === undefined) return undefined;
    this.#leave(pod);
    this.#enter(pod, "gone");
    this.#pods.delete(key);
    return pod;
  }

  /** The next pod to decide; it counts as taken until `failed`, `retry` or `delete`. */
  pop(): QueuedPod | undefined {
    this.#releaseBackoff();
    for (;;) {
      const entry = this.#active.pop();
      if (entry === undefined) return undefined;
      if (isVoid(entry)) continue;
      this.#enter(entry.pod, "taken");
      entry.pod.attempts++;
      return entry.pod;
    }
  }

  /** Takes a pod that is to be decided together with another one; it counts as if `pop` had answered it. */
  take(pod: QueuedPod): void {
    this.#leave(pod);
    this.#enter(pod, "taken");
    pod.attempts++;
  }

  /**
   * No node fits: waits until an event wakes its group. `nominated`: the node on which room is being made for it; `key`: the group, where it is
   * not the one of pods that fail alike.
   */
  failed(pod: QueuedPod, filters: ReadonlySet<string>, { nominated, key: groupKey }: { readonly nominated?: number | undefined; readonly key?: string } = {}): void {
    if (pod.state !== "taken") return;
    const now_ms = this.#options.clock.monotonic_ms();
    pod.failed_ms = now_ms;
    pod.ready_ms = now_ms + this.#backoffOf(pod);
    const key = nominated === undefined ? (groupKey ?? groupKeyOf(pod.info)) : `nominated/${pod.info.key}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, sample: pod.info, nominated, filters, waiting: new Heap<Entry>(firstByPriority), size: 0 };
      this.#groups.set(key, group);
      if (nominated === undefined) this.#free.add(group);
      else addTo(this.#nominated, nominated, group);
      this.#indexFilters(group, filters);
    } else this.#setFilters(group, filters);
    pod.group = group;
    this.#enter(pod, "unschedulable");
    group.size++;
    group.waiting.push({ pod, ticket: pod.ticket });
  }

  /** Another filter stops the group too. */
  addFilter(group: Group, filter: string): void {
    if (!group.filters.has(filter)) this.#setFilters(group, new Set([...group.filters, filter]));
  }

  #setFilters(group: Group, filters: ReadonlySet<string>): void {
    if (group.filters === filters) return;
    if (group.nominated !== undefined) for (const filter of group.filters) removeFrom(this.#nominatedFor, filter, group);
    this.#indexFilters(group, filters);
  }

  #indexFilters(group: Group, filters: ReadonlySet<string>): void {
    group.filters = filters;
    if (group.nominated !== undefined && this.#groups.get(group.key) === group) for (const filter of filters) addTo(this.#nominatedFor, filter, group);
  }

  /** An error (a binding refused): again after its backoff. */
  retry(pod: QueuedPod): void {
    if (pod.state !== "taken") return;
    pod.ready_ms = this.#options.clock.monotonic_ms() + this.#backoffOf(pod);
    this.#enter(pod, "backoff");
    this.#backoff.push({ pod, ticket: pod.ticket });
  }

  /**
   * Something happened that could help the group: its first pod is decided again. `certain`: it is known to fit now, so its backoff is not
   * waited out.
   */
  wake(group: Group, certain: boolean): void {
    for (;;) {
      const entry = group.waiting.pop();
      if (entry === undefined) return;
      if (isVoid(entry)) continue;
      const { pod } = entry;
      this.#leave(pod);
      if (certain || pod.ready_ms <= this.#options.clock.monotonic_ms()) this.#activate(pod);
      else {
        this.#enter(pod, "backoff");
        this.#backoff.push({ pod, ticket: pod.ticket });
      }
      return;
    }
  }

  /** Wakes one pod of the group of this key, if there is one. */
  wakeKey(key: string): void {
    const group = this.#groups.get(key);
    if (group !== undefined) this.wake(group, true);
  }

  /** A pod was placed: the next one like it may fit too. */
  placed(info: PodInfo): void {
    this.wakeKey(groupKeyOf(info));
  }

  /** Wakes one of each group that has waited too long, in case an event was missed. */
  flushStale(): void {
    const limit_ms = this.#options.clock.monotonic_ms() - this.#options.unschedulableTimeout_ms;
    for (const group of this.#groups.values()) {
      while (group.waiting.size > 0 && isVoid(group.waiting.peek()!)) group.waiting.pop();
      const first = group.waiting.peek();
      if (first !== undefined && first.pod.failed_ms <= limit_ms) this.wake(group, false);
    }
  }

  /** When the next backoff ends (clock.monotonic_ms); undefined: none is waiting. */
  nextReady_ms(): number | undefined {
    while (this.#backoff.size > 0 && isVoid(this.#backoff.peek()!)) this.#backoff.pop();
    return this.#backoff.peek()?.pod.ready_ms;
  }

  #releaseBackoff(): void {
    if (this.#backoff.size === 0) return;
    const now_ms = this.#options.clock.monotonic_ms();
    for (;;) {
      const entry = this.#backoff.peek();
      if (entry === undefined || (!isVoid(entry) && entry.pod.ready_ms > now_ms)) return;
      this.#backoff.pop();
      if (!isVoid(entry)) this.#activate(entry.pod);
    }
  }

  #backoffOf(pod: QueuedPod): number {
    return Math.min(this.#options.maxBackoff_ms, this.#options.initialBackoff_ms * 2 ** Math.min(30, Math.max(0, pod.attempts - 1)));
  }

  #activate(pod: QueuedPod): void {
    this.#enter(pod, "active");
    this.#active.push({ pod, ticket: pod.ticket });
  }

  #enter(pod: QueuedPod, state: QueueState): void {
    this.#counts[pod.state]--;
    this.#counts[state]++;
    pod.state = state;
    pod.ticket++;
  }

  /** Takes the pod out of its group. */
  #leave(pod: QueuedPod): void {
    const { group } = pod;
    if (group === undefined) return;
    pod.group = undefined;
    if (--group.size > 0) return;
    this.#groups.delete(group.key);
    this.#free.delete(group);
    if (group.nominated === undefined) return;
    removeFrom(this.#nominated, group.nominated, group);
    for (const filter of group.filters) removeFrom(this.#nominatedFor, filter, group);
  }
}

function addTo<K>(sets: Map<K, Set<Group>>, key: K, group: Group): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([group]));
  else set.add(group);
}

function removeFrom<K>(sets: Map<K, Set<Group>>, key: K, group: Group): void {
  const set = sets.get(key);
  if (set?.delete(group) && set.size === 0) sets.delete(key);
}
