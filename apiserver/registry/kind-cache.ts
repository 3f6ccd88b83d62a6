import type { StoreEvent } from "../../store/store.ts";
import { CacheEvent } from "./cache-event.ts";
import { CachedObject } from "./cached-object.ts";
import { OrderedMap, type OrderedView } from "./ordered-map.ts";
import type { ServedKind } from "./served-kind.ts";

/** Most events of one kind that are kept for watches that start in the past; older ones are read from the store. */
const MAX_EVENTS = 10_000;
const MAX_EVENT_BYTES = 4 << 20;

/** The latest events keep the frames that were made for them: watchers that are a little behind share them. */
const MAX_FRAMED_EVENTS = 256;

/** Snapshots kept for lists that go on page by page. */
const MAX_SNAPSHOTS = 16;

/** Told of each event as it happens. */
export type EventListener = (event: CacheEvent) => void;

/** All objects of one stored kind, and its latest events. */
export class KindCache {
  readonly kind: ServedKind;
  readonly #objects = new OrderedMap<CachedObject>();
  /** Field selector → value → keys: for lists and watches by `spec.nodeName` alone. */
  readonly #byNode: Map<string, Map<string, CachedObject>> | undefined;
  readonly #nodeField: number;
  #events: CacheEvent[] = [];
  #firstEvent = 0;
  #eventBytes = 0;
  /** Events after this revision are all kept. */
  #eventsSince = 0;
  #lastChange = 0;
  readonly #snapshots = new Map<number, OrderedView<CachedObject>>();
  readonly #listeners = new Set<EventListener>();
  readonly #byNamespace = new Map<string, Set<EventListener>>();
  readonly #byKey = new Map<string, Set<EventListener>>();
  readonly #byNodeListeners = new Map<string, Set<EventListener>>();

  constructor(kind: ServedKind) {
    this.kind = kind;
    this.#nodeField = kind.selectable.indexOf("spec.nodeName");
    this.#byNode = this.#nodeField < 0 ? undefined : new Map();
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key);
  }

  snapshot(): OrderedView<CachedObject> {
    return this.#objects.snapshot();
  }

  /** Keeps a state for the next page of a list; the oldest ones are dropped. */
  keepSnapshot(revision: number, view: OrderedView<CachedObject>): void {
    this.#snapshots.delete(revision);
    this.#snapshots.set(revision, view);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= MAX_SNAPSHOTS) break;
      this.#snapshots.delete(oldest);
    }
  }

  /** The state at a revision up to `now` (the cache's), where it is still known. */
  viewAt(revision: number, now: number): OrderedView<CachedObject> | undefined {
    if (revision <= now && revision >= this.#lastChange) return this.#objects.snapshot();
    return this.#snapshots.get(revision);
  }

  /** Objects whose spec.nodeName is `node`, in order of their keys; undefined when this kind has no such index. */
  onNode(node: string): CachedObject[] | undefined {
    if (this.#byNode === undefined || node === "") return undefined;
    return [...(this.#byNode.get(node)?.values() ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Puts an object in place at start. */
  load(object: CachedObject): void {
    this.#put(object);
  }

  /** The events kept begin after this revision. */
  startEvents(revision: number): void {
    this.#events = [];
    this.#firstEvent = 0;
    this.#eventBytes = 0;
    this.#eventsSince = revision;
    this.#lastChange = revision;
  }

  /** Takes in one event of the store; `made` is the new state where this process wrote it itself. */
  apply(event: StoreEvent, made: CachedObject | undefined): void {
    const key = event.key.slice(this.kind.storagePrefix.length);
    const previous = this.#objects.get(key);
    const current = event.current === undefined ? undefined : (made ?? CachedObject.fromStore(this.kind, key, event.revision, event.current.value));
    if (current === undefined) {
      if (previous === undefined) return;
      this.#remove(previous);
    } else this.#put(current);
    this.#lastChange = event.revision;
    const change = new CacheEvent(event.revision, key, current, previous);
    this.#remember(change);
    this.#tell(change);
  }

  /** All events after this revision are kept. */
  get eventsSince(): number {
    return this.#eventsSince;
  }

  /** Events after `revision`, oldest first; undefined when some of them are no longer kept. */
  eventsAfter(revision: number): CacheEvent[] | undefined {
    if (revision < this.#eventsSince) return undefined;
    let low = this.#firstEvent;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  /** Events from now on; those of one namespace, one object or one node where the watch is so narrow. Returns the way to stop. */
  listen(scope: ListenScope, listener: EventListener): () => void {
    if (scope.key !== undefined) return addTo(this.#byKey, scope.key, listener);
    if (scope.node !== undefined && this.#byNode !== undefined) return addTo(this.#byNodeListeners, scope.node, listener);
    if (scope.namespace !== undefined) return addTo(this.#byNamespace, scope.namespace, listener);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    let count = this.#listeners.size;
    for (const group of [this.#byNamespace, this.#byKey, this.#byNodeListeners]) for (const set of group.values()) count += set.size;
    return count;
  }

  #put(object: CachedObject): void {
    if (this.#byNode !== undefined) {
      const previous = this.#objects.get(object.key);
      const node = object.fields[this.#nodeField] ?? "";
      const oldNode = previous?.fields[this.#nodeField] ?? "";
      if (oldNode !== "" && oldNode !== node) this.#unindex(oldNode, object.key);
      if (node !== "") {
        const index = this.#byNode.get(node);
        if (index === undefined) this.#byNode.set(node, new Map([[object.key, object]]));
        else index.set(object.key, object);
      }
    }
    this.#objects.set(object.key, object);
  }

  #remove(object: CachedObject): void {
    this.#objects.delete(object.key);
    const node = object.fields[this.#nodeField] ?? "";
    if (node !== "") this.#unindex(node, object.key);
  }

  #unindex(node: string, key: string): void {
    const index = this.#byNode?.get(node);
    if (index?.delete(key) && index.size === 0) this.#byNode?.delete(node);
  }

  #remember(event: CacheEvent): void {
    this.#events.push(event);
    this.#eventBytes += event.size_bytes;
    this.#events[this.#events.length - 1 - MAX_FRAMED_EVENTS]?.forgetFrames();
    while (this.#events.length - this.#firstEvent > MAX_EVENTS || this.#eventBytes > MAX_EVENT_BYTES) {
      const oldest = this.#events[this.#firstEvent];
      if (oldest === undefined) break;
      this.#events[this.#firstEvent] = undefined as unknown as CacheEvent;
      this.#firstEvent++;
      this.#eventBytes -= oldest.size_bytes;
      this.#eventsSince = oldest.revision;
    }
    if (this.#firstEvent > 1024 && this.#firstEvent > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#firstEvent);
      this.#firstEvent = 0;
    }
  }

  #tell(event: CacheEvent): void {
    for (const listener of this.#listeners) listener(event);
    if (this.#byKey.size > 0) for (const listener of this.#byKey.get(event.key) ?? []) listener(event);
    if (this.#byNamespace.size > 0) {
      const slash = event.key.indexOf("/");
      if (slash >= 0) for (const listener of this.#byNamespace.get(event.key.slice(0, slash)) ?? []) listener(event);
    }
    if (this.#byNodeListeners.size > 0) this.#tellNodes(event);
  }

  #tellNodes(event: CacheEvent): void {
    const node = event.current?.fields[this.#nodeField];
    const oldNode = event.previous?.fields[this.#nodeField];
    if (node !== undefined) for (const listener of this.#byNodeListeners.get(node) ?? []) listener(event);
    if (oldNode !== undefined && oldNode !== node) for (const listener of this.#byNodeListeners.get(oldNode) ?? []) listener(event);
  }
}

/** How narrow a watch is; at most one of these decides which events it is told of. */
export interface ListenScope {
  readonly namespace?: string | undefined;
  /** `ns/name`, or `name`. */
  readonly key?: string | undefined;
  readonly node?: string | undefined;
}

function addTo(groups: Map<string, Set<EventListener>>, name: string, listener: EventListener): () => void {
  const set = groups.get(name);
  if (set === undefined) groups.set(name, new Set([listener]));
  else set.add(listener);
  return () => {
    const now = groups.get(name);
    if (now?.delete(listener) && now.size === 0) groups.delete(name);
  };
}
