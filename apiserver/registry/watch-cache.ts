import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { resourceNotFound, resourceVersionTooLarge, timeout } from "../../api/status/errors.ts";
import { CompactedError, prefixRange, type Store, type StoreEvent } from "../../store/store.ts";
import { CachedObject } from "./cached-object.ts";
import { KindCache } from "./kind-cache.ts";
import { PendingWrites } from "./pending-writes.ts";
import { readStored } from "./read-stored.ts";
import type { KindChanges } from "./kind-changes.ts";
import type { ServedKind } from "./served-kind.ts";
import { UncachedKind } from "./uncached-kind.ts";

/** Everything the API server stores lies below this. */
export const REGISTRY_PREFIX = "/registry/";
/** Written when a read waits for a revision that no event of ours will bring (a foreign key in a shared etcd). */
const PROGRESS_KEY = "/registry/berth.dev/progress";
const LOAD_PAGE = 500;
const MAX_LOADS = 5;
const NUDGE_AFTER_MS = 100;
const RESTART_DELAY_MS = 200;
/** How long a read waits for the cache, as in Kubernetes. */
const WAIT_LIMIT_MS = 3_000;

/** Events that are older are read from the store by those who ask for them: what a kind changed a while ago need not be kept. */
const KEEP_EVENTS_MS = 300_000;
const MARK_EVERY_MS = 10_000;

/** A kind that is being added while the server runs: its events are kept until its objects are there. */
interface Loading {
  readonly events: StoreEvent[];
  /** Events were missed: begin again. */
  isBroken: boolean;
}

interface Waiter {
  readonly revision: number;
  resolve(): void;
}

/**
 * All objects of all kinds, kept by one watch of the whole store: so its revision is the store's, and a read that must
 * not be stale asks the store for its newest revision and waits until the cache has come so far.
 */
export class WatchCache {
  readonly pending = new PendingWrites();
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #byPrefix = new Map<string, KindCache | UncachedKind>();
  readonly #byKind = new Map<ServedKind, KindCache | UncachedKind>();
  readonly #loading = new Map<string, Loading>();
  readonly #resetListeners = new Set<() => void>();
  readonly #stop = new AbortController();
  #waiters: Waiter[] = [];
  #revision = 0;
  /** Where the cache was when, oldest first, every MARK_EVERY_MS. */
  #marks: { readonly at_ms: number; readonly revision: number }[] = [];
  #asking: Promise<number> | undefined;
  #asked: Promise<number> | undefined;
  #running: Promise<void> | undefined;

  constructor(options: { store: Store; clock: Clock; logger: Logger; kinds: readonly ServedKind[] }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    for (const kind of options.kinds) this.addKind(kind);
  }

  /** All that happened up to this revision is here. */
  get revision(): number {
    return this.#revision;
  }

  addKind(kind: ServedKind): void {
    if (kind.virtual || kind.stored !== kind) return;
    const cache = kind.uncached ? new UncachedKind(kind, (key, revision) => readStored(this.#store, kind, key, revision)) : new KindCache(kind);
    this.#byPrefix.set(kind.storagePrefix, cache);
    this.#byKind.set(kind, cache);
  }

  /**
   * Adds a kind while the server runs: resolves when its objects are here, at the cache's own revision. Before that, nothing of it can be read.
   * @throws Error when the store cannot be read
   */
  async addKindLater(kind: ServedKind): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const loading: Loading = { events: [], isBroken: false };
      this.#loading.set(kind.storagePrefix, loading);
      try {
        const revision = await this.#store.revision();
        const cache = new KindCache(kind);
        await this.#loadKind(cache, revision);
        await this.waitFor(revision);
        if (loading.isBroken) continue;
        cache.startEvents(revision);
        for (const event of loading.events) if (event.revision > revision) cache.apply(event, undefined);
        this.#byPrefix.set(kind.storagePrefix, cache);
        this.#byKind.set(kind, cache);
        return;
      } catch (error) {
        if (!(error instanceof CompactedError) || attempt === MAX_LOADS) throw error;
      } finally {
        if (this.#loading.get(kind.storagePrefix) === loading) this.#loading.delete(kind.storagePrefix);
      }
    }
  }

  /** Forgets a kind that `addKindLater` added, and all its objects. */
  removeKind(kind: ServedKind): void {
    if (this.#byPrefix.get(kind.storagePrefix)?.kind === kind) this.#byPrefix.delete(kind.storagePrefix);
    this.#byKind.delete(kind);
  }

  /**
   * The objects of a kind (for a view such as events.k8s.io: of the kind that it is stored as).
   * @throws StatusError 404 for a kind that has gone meanwhile
   */
  of(kind: ServedKind): KindCache {
    const cache = this.#followed(kind);
    if (cache instanceof KindCache) return cache;
    throw new Error(`objects of ${kind.entry.kind} are not in the cache`);
  }

  /** What happens to the objects of a kind, whether it is cached or not. @throws StatusError 404 for a kind that has gone meanwhile */
  changesOf(kind: ServedKind): KindChanges {
    return this.#followed(kind).changes;
  }

  /** How many objects a kind has. @throws StatusError 404 for a kind that has gone meanwhile */
  sizeOf(kind: ServedKind): number {
    return this.#followed(kind).size;
  }

  #followed(kind: ServedKind): KindCache | UncachedKind {
    const followed = this.#byKind.get(kind.stored);
    if (followed === undefined) throw resourceNotFound();
    return followed;
  }

  /** Reads everything, then follows the store until `close`. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#load();
        break;
      } catch (error) {
        // Another server compacted the revision that was being read: begin again at a newer one.
        if (!(error instanceof CompactedError) || attempt === MAX_LOADS) throw error;
      }
    }
    this.#running = this.#follow();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  /** Called when the cache lost the thread and was filled anew: events are missing, so watches must end. */
  onReset(listener: () => void): () => void {
    this.#resetListeners.add(listener);
    return () => this.#resetListeners.delete(listener);
  }

  /** Resolves when the cache holds everything that was acknowledged before this call; the revision it asked for. */
  fresh(): number | Promise<number> {
    const newest = this.#newestRevision();
    return typeof newest === "number" && newest <= this.#revision ? newest : this.#reach(newest);
  }

  async #reach(asked: number | Promise<number>): Promise<number> {
    const revision = await asked;
    if (revision > this.#revision) await this.waitFor(revision);
    return revision;
  }

  /** @throws StatusError 504 when the revision does not come */
  async waitFor(revision: number): Promise<void> {
    if (revision <= this.#revision) return;
    const arrived = new Promise<void>((resolve) => this.#waiters.push({ revision, resolve }));
    const nudge = this.#clock.after(NUDGE_AFTER_MS, () => void this.#nudge(revision), { background: true });
    const end = this.#clock.after(WAIT_LIMIT_MS, () => this.#giveUp(revision), { background: true });
    await arrived;
    nudge.cancel();
    end.cancel();
    if (revision <= this.#revision) return;
    if (this.#stop.signal.aborted) throw timeout("the server is shutting down", 1);
    throw resourceVersionTooLarge(revision, this.#revision);
  }

  /** One question to the store answers all reads that came before it was sent. */
  #newestRevision(): number | Promise<number> {
    if (this.#asking === undefined) {
      const question = this.#store.revision();
      if (typeof question === "number") return question;
      this.#asking = question;
      const done = () => {
        if (this.#asking === question) this.#asking = undefined;
      };
      question.then(done, done);
      return question;
    }
    this.#asked ??= this.#asking.then(
      () => this.#askAgain(),
      () => this.#askAgain(),
    );
    return this.#asked;
  }

  #askAgain(): number | Promise<number> {
    this.#asked = undefined;
    this.#asking = undefined;
    return this.#newestRevision();
  }

  async #nudge(revision: number): Promise<void> {
    if (revision <= this.#revision) return;
    try {
      if ((await this.#store.revision()) < revision) return;
      await this.#store.txn({ compare: [], operations: [{ type: "put", key: PROGRESS_KEY, value: new Uint8Array() }] });
    } catch (error) {
      this.#logger.debug({ err: error }, "could not nudge the store's watch");
    }
  }

  #giveUp(revision: number): void {
    const late = this.#waiters.filter((waiter) => waiter.revision === revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision !== revision);
    for (const waiter of late) waiter.resolve();
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter((waiter) => waiter.revision <= revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of ready) waiter.resolve();
  }

  async #load(): Promise<void> {
    const revision = await this.#store.revision();
    for (const cache of this.#byPrefix.values()) {
      if (cache instanceof UncachedKind) {
        cache.startEvents(revision, await this.#count(cache.kind, revision));
        continue;
      }
      await this.#loadKind(cache, revision);
      cache.startEvents(revision);
    }
    this.#revision = revision;
  }

  async #count(kind: ServedKind, revision: number): Promise<number> {
    return (await this.#store.range({ ...prefixRange(kind.storagePrefix), countOnly: true, ...(revision === 0 ? {} : { revision }) })).count;
  }

  async #loadKind(cache: KindCache, revision: number): Promise<void> {
    const { kind } = cache;
    const range = prefixRange(kind.storagePrefix);
    let start = range.start;
    for (;;) {
      const page = await this.#store.range(revision === 0 ? { start, end: range.end, limit: LOAD_PAGE } : { start, end: range.end, limit: LOAD_PAGE, revision });
      for (const item of page.items) cache.load(CachedObject.fromStore(kind, item.key.slice(kind.storagePrefix.length), item.modRevision, item.value));
      const last = page.items.at(-1);
      if (!page.more || last === undefined) return;
      start = `${last.key}\0`;
    }
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        for await (const batch of this.#store.watch({ ...prefixRange(REGISTRY_PREFIX), fromRevision: this.#revision + 1, previous: false }, this.#stop.signal)) {
          for (const event of batch.events) this.#apply(event);
          this.#advance(batch.revision);
          this.#forgetOldEvents();
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#logger.warn({ err: error }, "the store's watch ended; starting it again");
        if (error instanceof CompactedError) await this.#reload();
      }
      if (!this.#stop.signal.aborted) await this.#clock.sleep(RESTART_DELAY_MS, this.#stop.signal).catch(() => undefined);
    }
  }

  #forgetOldEvents(): void {
    const at_ms = this.#clock.monotonic_ms();
    if (at_ms - (this.#marks.at(-1)?.at_ms ?? Number.NEGATIVE_INFINITY) < MARK_EVERY_MS) return;
    this.#marks.push({ at_ms, revision: this.#revision });
    const old = this.#marks.findLast((mark) => at_ms - mark.at_ms >= KEEP_EVENTS_MS);
    if (old === undefined) return;
    this.#marks = this.#marks.slice(this.#marks.indexOf(old) + 1);
    for (const { changes } of this.#byPrefix.values()) changes.forgetUntil(old.revision);
  }

  #apply(event: StoreEvent): void {
    const prefix = prefixOf(event.key);
    this.#loading.get(prefix)?.events.push(event);
    const cache = this.#byPrefix.get(prefix);
    if (cache === undefined) return;
    const made = event.current === undefined ? undefined : this.pending.take(event.key, event.revision, event.current.value);
    cache.apply(event, made);
  }

  /** What was missed is gone from the store's history: compare with what is there now, and end the watches. */
  async #reload(): Promise<void> {
    try {
      this.pending.forget();
      for (const loading of this.#loading.values()) loading.isBroken = true;
      const revision = await this.#store.revision();
      const counts = new Map<UncachedKind, number>();
      for (const cache of this.#byPrefix.values()) {
        if (cache instanceof KindCache) await this.#reloadKind(cache, revision);
        else counts.set(cache, await this.#count(cache.kind, revision));
      }
      for (const cache of this.#byPrefix.values()) {
        if (cache instanceof KindCache) cache.startEvents(revision);
        else cache.startEvents(revision, counts.get(cache) ?? 0);
      }
      for (const listener of [...this.#resetListeners]) listener();
      this.#advance(revision);
    } catch (error) {
      this.#logger.warn({ err: error }, "could not read the store anew");
    }
  }

  async #reloadKind(cache: KindCache, revision: number): Promise<void> {
    const fresh = new KindCache(cache.kind);
    await this.#loadKind(fresh, revision);
    const now = fresh.snapshot();
    for (const old of cache.snapshot().range("", "")) {
      if (now.get(old.key) === undefined) cache.apply({ type: "delete", key: cache.kind.storagePrefix + old.key, revision }, undefined);
    }
    for (const object of now.range("", "")) {
      if (cache.get(object.key)?.revision === object.revision) continue;
      const key = cache.kind.storagePrefix + object.key;
      cache.apply({ type: "put", key, revision: object.revision, current: { key, value: object.bytes, createRevision: 0, modRevision: object.revision, version: 0, lease: 0 } }, object);
    }
  }
}

/** `/registry/pods/`, or `/registry/GROUP/PLURAL/` for custom resources (groups have a dot). */
function prefixOf(key: string): string {
  const first = key.indexOf("/", REGISTRY_PREFIX.length);
  if (first < 0) return "";
  if (key.slice(REGISTRY_PREFIX.length, first).includes(".")) {
    const second = key.indexOf("/", first + 1);
    return second < 0 ? "" : key.slice(0, second + 1);
  }
  return key.slice(0, first + 1);
}
