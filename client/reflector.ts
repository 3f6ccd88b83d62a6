import type { WatchEvent } from "../api/exchange.ts";
import type { Resource } from "../api/resources.ts";
import { Backoff } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import { type Client, ConnectionError, isReason } from "./client.ts";
import type { Identified } from "./informer.ts";

/** Where a reflector puts what it sees. */
export interface ReflectorSink<T> {
  replace(objects: readonly T[], resourceVersion: string): void;
  apply(event: WatchEvent<T>): void;
}

export interface ReflectorOptions<T> {
  readonly client: Client;
  readonly resource: Resource<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
}

/** Items of one page of a list. */
const PAGE_LIMIT = 500;
/** A watch is ended by the server after 1 to 2 times this, so that servers shed load and dead connections are noticed (client-go: 5 min). */
const WATCH_TIMEOUT_S = 300;
/** How long past its end a watch may go on before it counts as dead. */
const WATCH_GRACE_MS = 30_000;
/** A watch that lived this long starts its successor without backoff. */
const HEALTHY_MS = 1000;

/**
 * List, then watch from the list's revision, for ever: a watch that ends goes on where it was; one that is refused (410 and the like)
 * starts over with a list. Lists are "most recent", never from a cache that lags, so a restarted component does not go back in time.
 */
export class Reflector<T extends Identified> {
  readonly #options: ReflectorOptions<T>;
  readonly #sink: ReflectorSink<T>;
  readonly #backoff: Backoff;
  #resourceVersion = "";

  constructor(options: ReflectorOptions<T>, sink: ReflectorSink<T>) {
    this.#options = options;
    this.#sink = sink;
    this.#backoff = new Backoff({ base_ms: 200, max_ms: 10_000, jitter: 0.5 }, options.random);
  }

  /** Newest resourceVersion seen; "" before the first list. */
  get resourceVersion(): string {
    return this.#resourceVersion;
  }

  /** Resolves when `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let listed = false;
    while (!signal.aborted) {
      try {
        if (!listed) await this.#list(signal);
        listed = true;
        await this.#watch(signal);
        continue;
      } catch (error) {
        if (signal.aborted) return;
        listed = listed && resumable(error);
        this.#report(error, listed);
      }
      await this.#pause(signal);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource } = this.#options;
    const items: T[] = [];
    for (let next: string | undefined; ; ) {
      const page = await client.list(resource, { ...this.#selection(), limit: PAGE_LIMIT, ...(next ? { continue: next } : {}) }, signal);
      for (const item of page.items) items.push(item);
      next = page.metadata.continue;
      if (next) continue;
      this.#resourceVersion = page.metadata.resourceVersion ?? "";
      this.#sink.replace(items, this.#resourceVersion);
      return;
    }
  }

  /** One watch to its end. @throws what ended it, when it did not end by itself */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, clock, random, resource } = this.#options;
    const timeout_s = Math.ceil(WATCH_TIMEOUT_S * (1 + random.next()));
    const started_ms = clock.monotonic_ms();
    const ended = new AbortController();
    const onAbort = () => ended.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = clock.after(timeout_s * 1000 + WATCH_GRACE_MS, onAbort, { background: true });
    try {
      if (signal.aborted) return;
      const options = { ...this.#selection(), resourceVersion: this.#resourceVersion, allowWatchBookmarks: true, timeout_s };
      for await (const batch of client.watch(resource, options, ended.signal)) this.#deliver(batch);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    }
    if (clock.monotonic_ms() - started_ms < HEALTHY_MS) await this.#pause(signal);
  }

  #deliver(batch: readonly WatchEvent<T>[]): void {
    this.#backoff.reset();
    for (const event of batch) {
      this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
      if (event.type !== "BOOKMARK") this.#sink.apply(event);
    }
  }

  #report(error: unknown, resumes: boolean): void {
    const { logger, resource } = this.#options;
    const again = resumes ? "watching again" : "listing again";
    const level = isReason(error, "Expired") || isReason(error, "Gone") ? "debug" : "warn";
    logger[level]({ resource: resource.resource, error: String(error) }, `list-watch broke; ${again}`);
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(this.#backoff.next(), signal).catch(() => undefined);
  }

  #selection(): { namespace?: string; labelSelector?: string; fieldSelector?: string; metadataOnly?: boolean } {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
    };
  }
}

/** The watch may go on from where it was: the server was away or busy, but its history is not said to be gone. */
function resumable(error: unknown): boolean {
  return error instanceof ConnectionError || isReason(error, "TooManyRequests") || isReason(error, "ServiceUnavailable") || isReason(error, "Timeout");
}
