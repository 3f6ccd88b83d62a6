import type { Clock } from "../../lib/clock.ts";
import type { WatchBatch, WatchRequest } from "../store.ts";
import { CompactedError, UnavailableError } from "../store.ts";
import type { WatchBufferLimits } from "../watch-buffer.ts";
import type { Endpoint, Endpoints } from "./endpoints.ts";
import { text } from "./failures.ts";
import type { KeySpace } from "./key-space.ts";
import type { WatchAnswer } from "./responses.ts";
import { WatchSession } from "./watch-session.ts";

export interface WatcherOptions {
  readonly endpoints: Endpoints;
  readonly keys: KeySpace;
  readonly clock: Clock;
  readonly limits: WatchBufferLimits;
  readonly knownRevision: () => number;
}

/** A member that has not accepted a watch in this time is given up. */
const CREATE_TIMEOUT_MS = 5_000;

/** Watches, each on a stream of its own, begun again elsewhere after the last revision delivered when the stream breaks. */
export class Watcher {
  readonly #options: WatcherOptions;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  async *watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchBatch, void, undefined> {
    const { endpoints, keys } = this.#options;
    const over = AbortSignal.any([signal, endpoints.closing]);
    if (keys.range(request) === undefined) await aborted(over);
    let next = request.fromRevision;
    for (let failures = 0; !over.aborted; ) {
      const endpoint = endpoints.current;
      const session = await this.#open(endpoint, request, next, over);
      if (session !== undefined) {
        for await (const batch of this.#batches(session, over)) {
          next = batch.revision + 1;
          yield batch;
          if (over.aborted) break;
        }
        failures = session.created ? 0 : failures;
        if (!over.aborted) endpoints.failed(endpoint, session.lost);
      }
      failures++;
      if (!over.aborted) await endpoints.pause(failures, signal);
    }
    if (!signal.aborted) throw new UnavailableError("the store is closed");
  }

  async *#batches(session: WatchSession, over: AbortSignal): AsyncGenerator<WatchBatch, void, undefined> {
    const onAbort = () => session.fail(over.reason);
    const timer = this.#options.clock.after(CREATE_TIMEOUT_MS, () => {
      if (!session.created) session.fail(new Error("etcd did not accept the watch in time"));
    });
    over.addEventListener("abort", onAbort, { once: true });
    if (over.aborted) onAbort();
    try {
      for (let batch = await session.take(); batch !== undefined; batch = await session.take()) yield batch;
    } finally {
      timer.cancel();
      over.removeEventListener("abort", onAbort);
      session.close();
    }
  }

  async #open(endpoint: Endpoint, request: WatchRequest, next: number, over: AbortSignal): Promise<WatchSession | undefined> {
    const { endpoints, keys, limits, knownRevision } = this.#options;
    try {
      const connection = await endpoint.channel.connect();
      const check = ({ header }: WatchAnswer) => endpoints.checkCluster(header, endpoint);
      return new WatchSession({ connection, keys, request, next, limits, knownRevision, check });
    } catch (error) {
      if (!over.aborted) endpoints.failed(endpoint, error);
      return undefined;
    }
  }

  /** The oldest revision that etcd keeps, which it tells only to a watch that asks for too old a one; undefined when nothing is compacted. */
  async compactRevision(key: string): Promise<number | undefined> {
    const request: WatchRequest = { start: key, end: `${key}\0`, fromRevision: 1 };
    const end = new AbortController();
    const session = await this.#open(this.#options.endpoints.current, request, 1, end.signal);
    if (session === undefined) return undefined;
    const timer = this.#options.clock.after(CREATE_TIMEOUT_MS, () => session.fail(new Error("etcd did not answer in time")));
    try {
      await session.take();
      return undefined;
    } catch (error) {
      if (error instanceof CompactedError) return error.compactRevision;
      throw new UnavailableError(text(error));
    } finally {
      timer.cancel();
      session.close();
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
