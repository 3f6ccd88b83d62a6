import { expired, StatusError, untyped } from "../../api/status/errors.ts";
import type { Status } from "../../api/wire.ts";
import type { Timer } from "../../lib/clock.ts";
import { CompactedError, prefixRange } from "../../store/store.ts";
import { onAbort } from "./abort-listeners.ts";
import { BoundedQueue, type ItemReader } from "./bounded-queue.ts";
import { CacheEvent, type ChangeType } from "./cache-event.ts";
import { CachedObject } from "./cached-object.ts";
import { reach } from "./get.ts";
import type { ListOptions } from "./list-options.ts";
import { readPages } from "./read-stored.ts";
import type { Registry } from "./registry.ts";
import { requireVersion } from "./resource-version-text.ts";
import type { Selection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";
import { showAll, showEvent } from "./stored-view.ts";
import { REGISTRY_PREFIX } from "./watch-cache.ts";
import { bounds, isEmpty, makePlan, type Plan } from "./watch-plan.ts";

/** What a watch gives: batches to iterate over, or (`pour`) to be told of, with nothing made for a watch that waits. One of both, once. */
export interface Watch<T> extends AsyncIterable<readonly T[]> {
  pour(reader: ItemReader<T>): void;
  /** The reader can take more, or is gone. */
  resume(): void;
}

/** How a watch turns what happens into what its reader gets: frames of bytes, or objects. */
export interface WatchEncoder<T> {
  /** A change; `event` is shared by all watchers, so that its encoding can be too. */
  change(type: ChangeType, event: CacheEvent): T;
  /** An object that was there when the watch began. */
  initial(object: CachedObject): T;
  /** A BOOKMARK at the revision; `initialEnd`: all initial objects have been sent (KEP-3157). */
  bookmark(revision: number, initialEnd: boolean): T;
  error(status: Status): T;
  size_bytes(item: T): number;
}

const BOOKMARK_EVERY_MS = 60_000;
/** A watch without timeoutSeconds ends after between half an hour and an hour. */
const DEFAULT_TIMEOUT_S = 1_800;
const INITIAL_BATCH = 100;

/**
 * Starts a watch; the batches end when the client is gone, the time is over, the reader is too slow or the server closes.
 * @throws StatusError 500 (bad resourceVersion), 504
 */
export async function watchObjects<T>(registry: Registry, kind: ServedKind, selection: Selection, options: ListOptions, encoder: WatchEncoder<T>, signal: AbortSignal): Promise<Watch<T>> {
  const version = requireVersion(options.resourceVersion);
  if (options.resourceVersion === "") await registry.cache.fresh();
  else if (options.sendInitialEvents === true && version > 0) await reach(registry, version);
  const queue = new BoundedQueue<T>(registry.watchBuffer);
  // From here to the listener nothing may be awaited: plan and listener must see the same state.
  const plan = makePlan(registry, kind, selection, options, version);
  return new Watcher(registry, kind, selection, options, encoder, queue, plan, signal);
}

class Watcher<T> implements Watch<T> {
  readonly #registry: Registry;
  readonly #kind: ServedKind;
  readonly #selection: Selection;
  readonly #bookmarks: boolean;
  readonly #encoder: WatchEncoder<T>;
  readonly #queue: BoundedQueue<T>;
  /** Changes after this revision are delivered. */
  readonly #after: number;
  /** What comes before the queue; let go of once it is delivered. */
  #plan: Plan | undefined;
  /** Resolves when the reader has room for more of what comes before the queue. */
  #room: (() => void) | undefined;
  readonly #cleanups: (() => void)[];
  readonly #endTimer: Timer;
  #bookmarkTimer: Timer | undefined;
  /** Events that wait for a webhook or the store, and all that come after them. */
  #tail: Promise<void> | undefined;
  #waiting = 0;
  #stopReplay: AbortController | undefined;

  constructor(registry: Registry, kind: ServedKind, selection: Selection, options: ListOptions, encoder: WatchEncoder<T>, queue: BoundedQueue<T>, plan: Plan, signal: AbortSignal) {
    this.#registry = registry;
    this.#kind = kind;
    this.#selection = selection;
    this.#bookmarks = options.allowWatchBookmarks;
    this.#encoder = encoder;
    this.#queue = queue;
    this.#after = plan.after;
    if (!isEmpty(plan)) this.#plan = plan;
    const { cache, clock, random } = registry;
    const stop = () => this.#stop();
    this.#cleanups = [cache.changesOf(kind).listen(this.#scope(), (event) => this.#take(event)), cache.onReset(stop), onAbort(registry.closing, stop)];
    if (kind.custom !== undefined) this.#cleanups.push(onAbort(kind.custom.retired, stop));
    signal.addEventListener("abort", stop, { once: true });
    const timeout_s = options.timeout_s === undefined || options.timeout_s <= 0 ? Math.round(DEFAULT_TIMEOUT_S * (1 + random.next())) : options.timeout_s;
    this.#endTimer = clock.after(timeout_s * 1000, () => this.#finish(), { background: true });
    if (this.#bookmarks) this.#bookmarkLater();
    if (signal.aborted || registry.closing.aborted || kind.custom?.retired.aborted) this.#stop();
  }

  #scope() {
    const { namespace, name, node } = this.#selection;
    const key = name !== undefined && (!this.#kind.entry.namespaced || namespace !== "") ? this.#kind.objectKey(namespace, name) : undefined;
    return { key, node: node === "" ? undefined : node, namespace: namespace === "" || !this.#kind.entry.namespaced ? undefined : namespace };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly T[]> {
    try {
      yield* this.#beginning();
      this.#plan = undefined;
      yield* this.#queue;
    } finally {
      this.#stop();
    }
  }

  pour(reader: ItemReader<T>): void {
    if (this.#plan === undefined) this.#queue.pour(reader);
    else void this.#pourAll(reader);
  }

  resume(): void {
    const room = this.#room;
    this.#room = undefined;
    if (room === undefined) this.#queue.resume();
    else room();
  }

  async #pourAll(reader: ItemReader<T>): Promise<void> {
    try {
      for await (const batch of this.#beginning()) {
        for (let at = 0; at < batch.length; at = reader.take(batch, at)) if (reader.full) await this.#untilRoom();
      }
    } catch (error) {
      this.#stop();
      reader.end(error);
      return;
    }
    this.#plan = undefined;
    this.#queue.pour(reader);
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** What comes before the queue: the state that the watch begins with, and changes since the revision that it asked for. */
  async *#beginning(): AsyncGenerator<readonly T[]> {
    const plan = this.#plan;
    if (plan === undefined) return;
    try {
      if (plan.initialAt > 0) yield* this.#storedInitial(plan);
      else if (this.#kind.view === undefined) yield* this.#initial(plan, plan.initial);
      else yield* this.#shownInitial(plan);
      if (plan.replayUntil > plan.after && !(yield* this.#replay(plan))) {
        this.#queue.cutOff();
        return;
      }
      const past: T[] = [];
      for (const event of plan.past) {
        const item = this.#encode(await this.#whole(event));
        if (item !== undefined) past.push(item);
      }
      if (past.length > 0) yield past;
    } catch (error) {
      // What a webhook could not convert, or the store could not read: the reader is told as it would be of any other event.
      if (this.#kind.view === undefined && !this.#kind.uncached) throw error;
      this.#queue.cutOff();
      yield [this.#encoder.error(statusOf(error))];
    }
  }

  /** Initial objects of a kind that is not cached. */
  async *#storedInitial(plan: Plan): AsyncGenerator<readonly T[]> {
    const [start, end] = bounds(this.#kind, this.#selection);
    const { everything } = this.#selection;
    for await (const objects of readPages(this.#registry.store, this.#kind, { start, end, revision: plan.initialAt })) {
      if (this.#queue.ended) return;
      const items = objects.filter((object) => everything || this.#selection.matches(object)).map((object) => this.#encoder.initial(object));
      if (items.length > 0) yield items;
    }
    if (plan.initialEndBookmark) yield [this.#encoder.bookmark(plan.after, true)];
  }

  /** Initial objects of a custom resource: selected by what is shown. */
  async *#shownInitial(plan: Plan): AsyncGenerator<readonly T[]> {
    const shown: CachedObject[] = [];
    let batch: CachedObject[] = [];
    for (const object of plan.initial) {
      batch.push(object);
      if (batch.length < INITIAL_BATCH) continue;
      shown.push(...(await showAll(this.#kind, batch)));
      batch = [];
    }
    shown.push(...(await showAll(this.#kind, batch)));
    yield* this.#initial(plan, shown.filter((object) => this.#selects(object)));
  }

  *#initial(plan: Plan, objects: Iterable<CachedObject>): Generator<readonly T[]> {
    let batch: T[] = [];
    for (const object of objects) {
      batch.push(this.#encoder.initial(object));
      if (batch.length < INITIAL_BATCH) continue;
      if (this.#queue.ended) return;
      yield batch;
      batch = [];
    }
    if (plan.initialEndBookmark) batch.push(this.#encoder.bookmark(plan.after, true));
    if (batch.length > 0) yield batch;
  }

  /** Events that the cache no longer keeps, from the store's history. False when they are compacted: an ERROR was sent. */
  async *#replay({ after, replayUntil }: Plan): AsyncGenerator<readonly T[], boolean> {
    const prefix = this.#kind.storagePrefix;
    this.#stopReplay = new AbortController();
    if (this.#queue.ended) this.#stopReplay.abort();
    try {
      const watch = this.#registry.store.watch({ ...prefixRange(REGISTRY_PREFIX), fromRevision: after + 1 }, this.#stopReplay.signal);
      for await (const batch of watch) {
        const items: T[] = [];
        for (const event of batch.events) {
          if (event.revision > replayUntil || !event.key.startsWith(prefix)) continue;
          const item = this.#encode(await showEvent(this.#kind, this.#fromHistory(event)));
          if (item !== undefined) items.push(item);
        }
        if (items.length > 0) yield items;
        if (batch.revision >= replayUntil) return true;
      }
      return false;
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      const { status } = expired(`too old resource version: ${after} (${error.compactRevision})`);
      yield [this.#encoder.error(status)];
      return false;
    }
  }

  #fromHistory(event: { key: string; revision: number; current?: { value: Uint8Array; modRevision: number }; previous?: { value: Uint8Array; modRevision: number } }): CacheEvent {
    const kind = this.#kind.stored;
    const key = event.key.slice(kind.storagePrefix.length);
    const make = (state: { value: Uint8Array; modRevision: number } | undefined) => (state === undefined ? undefined : CachedObject.fromStore(kind, key, state.modRevision, state.value));
    return new CacheEvent(event.revision, key, make(event.current), make(event.previous));
  }

  #take(event: CacheEvent): void {
    if (this.#kind.view === undefined && !this.#kind.uncached) this.#push(this.#encode(event));
    else this.#takeLater(event);
  }

  /** The event as this watch needs it: shown in the version asked for; with the state before. */
  #whole(event: CacheEvent): CacheEvent | Promise<CacheEvent> {
    if (this.#kind.uncached) return this.#selection.byKey ? event.byKey() : event.whole();
    return showEvent(this.#kind, event);
  }

  #push(item: T | undefined): void {
    if (item !== undefined && !this.#queue.push(item, this.#encoder.size_bytes(item))) this.#stop();
  }

  /** Events keep their order: behind one that has to wait the others wait too. */
  #takeLater(event: CacheEvent): void {
    let whole: CacheEvent | Promise<CacheEvent>;
    try {
      whole = this.#whole(event);
    } catch (error) {
      this.#fail(error);
      return;
    }
    // It is waited for when its turn comes; an error until then is nobody's yet.
    if (whole instanceof Promise) whole.catch(() => undefined);
    if (this.#tail === undefined && !(whole instanceof Promise)) this.#push(this.#encode(whole));
    else this.#later(async () => this.#push(this.#encode(await whole)));
  }

  /** Runs after what waits; a reader that falls behind so is cut off too. */
  #later(work: () => void | Promise<void>): void {
    if (++this.#waiting > this.#registry.watchBuffer.maxItems) {
      this.#stop();
      return;
    }
    const before = this.#tail ?? Promise.resolve();
    const mine = before.then(work).catch((error: unknown) => this.#fail(error));
    const done = mine.then(() => {
      this.#waiting--;
      if (this.#tail === done) this.#tail = undefined;
    });
    this.#tail = done;
  }

  /** The watch cannot go on: the reader is told, and begins anew. */
  #fail(error: unknown): void {
    if (this.#queue.ended) return;
    this.#push(this.#encoder.error(statusOf(error)));
    this.#stop();
  }

  /** What this watch shows of an event: objects come into its selection and leave it. */
  #encode(event: CacheEvent): T | undefined {
    if (event.revision <= this.#after) return undefined;
    const now = event.current !== undefined && this.#selects(event.current);
    const before = event.previous !== undefined && this.#selects(event.previous);
    if (now) return this.#encoder.change(before ? "MODIFIED" : "ADDED", event);
    return before ? this.#encoder.change("DELETED", event) : undefined;
  }

  #selects(object: CachedObject): boolean {
    const { namespace, everything } = this.#selection;
    if (namespace !== "" && this.#kind.entry.namespaced && object.namespace !== namespace) return false;
    return everything || this.#selection.matches(object);
  }

  #bookmarkLater(): void {
    const timer = this.#registry.clock.after(
      BOOKMARK_EVERY_MS,
      () => {
        this.#sendBookmark();
        if (!this.#queue.ended) this.#bookmarkLater();
      },
      { background: true },
    );
    this.#bookmarkTimer = timer;
  }

  #sendBookmark(): void {
    const { revision } = this.#registry.cache;
    const send = () => {
      const item = this.#encoder.bookmark(revision, false);
      this.#queue.push(item, this.#encoder.size_bytes(item));
    };
    if (this.#tail === undefined) send();
    else this.#later(send);
  }

  /** The time is over: the reader learns how far it came. */
  #finish(): void {
    if (this.#bookmarks) this.#sendBookmark();
    this.#stop();
  }

  #stop(): void {
    this.#queue.end();
    this.#stopReplay?.abort();
    this.#endTimer.cancel();
    this.#bookmarkTimer?.cancel();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}

function statusOf(error: unknown): Status {
  if (error instanceof CompactedError) return expired(`too old resource version: the oldest kept is ${error.compactRevision}`).status;
  return error instanceof StatusError ? error.status : untyped(500, error instanceof Error ? error.message : String(error)).status;
}
