import type { CacheEvent } from "./cache-event.ts";
import type { ServedKind } from "./served-kind.ts";

/** Most events of one kind that are kept for watches that start in the past; older ones are read from the store. */
const MAX_EVENTS = 10_000;
const MAX_EVENT_BYTES = 2 << 20;
/** The same for kinds that are not cached: enough for a watch that begins where a list has just ended. */
const MAX_UNCACHED_BYTES = 128 << 10;

/** The latest events keep the frames that were made for them: watchers that are a little behind share them. */
const MAX_FRAMED_EVENTS = 256;

/** Told of each event as it happens. */
export type EventListener = (event: CacheEvent) => void;

/** How narrow a watch is; at most one of these decides which events it is told of. */
export interface ListenScope {
  readonly namespace?: string | undefined;
  /** `ns/name`, or `name`. */
  readonly key?: string | undefined;
  readonly node?: string | undefined;
}

/** What happened lately to the objects of one kind, and who is told of what happens. */
export class KindChanges {
  /** Where a CachedObject of this kind has its spec.nodeName; -1 where it has none. */
  readonly #nodeField: number;
  readonly #maxBytes: number;
  #events: CacheEvent[] = [];
  #first = 0;
  #bytes = 0;
  #since = 0;
  readonly #listeners = new Set<EventListener>();
  readonly #byNamespace = new Map<string, Set<EventListener>>();
  readonly #byKey = new Map<string, Set<EventListener>>();
  readonly #byNode = new Map<string, Set<EventListener>>();

  constructor(kind: ServedKind) {
    this.#nodeField = kind.selectable.indexOf("spec.nodeName");
    this.#maxBytes = kind.uncached ? MAX_UNCACHED_BYTES : MAX_EVENT_BYTES;
  }

  /** Forgets all events; those kept begin after this revision. */
  start(revision: number): void {
    this.#events = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#since = revision;
  }

  /** All events after this revision are kept. */
  get since(): number {
    return this.#since;
  }

  /** Events after `revision`, oldest first; undefined when some of them are no longer kept. */
  after(revision: number): CacheEvent[] | undefined {
    if (revision < this.#since) return undefined;
    let low = this.#first;
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
    if (scope.node !== undefined && this.#nodeField >= 0) return addTo(this.#byNode, scope.node, listener);
    if (scope.namespace !== undefined) return addTo(this.#byNamespace, scope.namespace, listener);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    let count = this.#listeners.size;
    for (const group of [this.#byNamespace, this.#byKey, this.#byNode]) for (const set of group.values()) count += set.size;
    return count;
  }

  /** Keeps the event as the newest one, and tells those who listen. */
  add(event: CacheEvent): void {
    this.#remember(event);
    this.#tell(event);
  }

  #remember(event: CacheEvent): void {
    this.#events.push(event);
    this.#bytes += event.size_bytes;
    this.#events[this.#events.length - 1 - MAX_FRAMED_EVENTS]?.forgetFrames();
    while (this.#events.length - this.#first > MAX_EVENTS || this.#bytes > this.#maxBytes) this.#dropOldest();
    this.#compact();
  }

  /** Lets go of the events up to a revision: they are too old for a watch that only changes its connection. */
  forgetUntil(revision: number): void {
    while (this.#first < this.#events.length && this.#events[this.#first]!.revision <= revision) this.#dropOldest();
    if (this.#first === this.#events.length) {
      this.#events = [];
      this.#first = 0;
    } else this.#compact();
  }

  #dropOldest(): void {
    const oldest = this.#events[this.#first]!;
    this.#events[this.#first] = undefined as unknown as CacheEvent;
    this.#first++;
    this.#bytes -= oldest.size_bytes;
    this.#since = oldest.revision;
  }

  #compact(): void {
    if (this.#first > 1024 && this.#first > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    }
  }

  #tell(event: CacheEvent): void {
    for (const listener of this.#listeners) listener(event);
    if (this.#byKey.size > 0) for (const listener of this.#byKey.get(event.key) ?? []) listener(event);
    if (this.#byNamespace.size > 0) {
      const slash = event.key.indexOf("/");
      if (slash >= 0) for (const listener of this.#byNamespace.get(event.key.slice(0, slash)) ?? []) listener(event);
    }
    if (this.#byNode.size > 0) this.#tellNodes(event);
  }

  #tellNodes(event: CacheEvent): void {
    const node = event.current?.fields[this.#nodeField];
    const oldNode = event.previous?.fields[this.#nodeField];
    if (node !== undefined) for (const listener of this.#byNode.get(node) ?? []) listener(event);
    if (oldNode !== undefined && oldNode !== node) for (const listener of this.#byNode.get(oldNode) ?? []) listener(event);
  }
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
