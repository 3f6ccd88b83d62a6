import type { StoreEvent, WatchBatch, WatchRequest } from "../store.ts";
import { CompactedError, UnavailableError } from "../store.ts";
import { WatchBuffer, type WatchBufferLimits } from "../watch-buffer.ts";
import { type GrpcCall, GrpcError } from "./grpc-call.ts";
import type { GrpcConnection } from "./grpc-connection.ts";
import type { KeySpace } from "./key-space.ts";
import { watchRequest } from "./requests.ts";
import { readWatchAnswer, type WatchAnswer } from "./responses.ts";

export interface WatchSessionOptions {
  readonly connection: GrpcConnection;
  readonly keys: KeySpace;
  readonly request: WatchRequest;
  /** First revision to deliver. */
  readonly next: number;
  /** The newest revision that this process knows of. */
  readonly knownRevision: () => number;
  readonly limits: WatchBufferLimits;
  /** Called with each answer before it is looked at; what it throws ends the session. */
  readonly check: (answer: WatchAnswer) => void;
}

/** History is fetched only as fast as it is taken: the stream rests while this much waits. */
const HISTORY_EVENTS = 2_000;
const HISTORY_BYTES = 8_388_608;

/**
 * One watch stream at one endpoint, until it breaks. While it delivers history (up to what was known when it began) it rests whenever
 * the consumer does; afterwards it keeps reading, and a consumer that falls behind by more than the limits ends it.
 */
export class WatchSession {
  readonly #options: WatchSessionOptions;
  readonly #call: GrpcCall;
  readonly #buffer: WatchBuffer;
  /** Of the newest revision seen, until it is certain that no more of it comes: etcd cuts a long answer into fragments. */
  #held: StoreEvent[] = [];
  #live = false;
  /** What was newest when the watch began. */
  #historyEnd = 0;
  #paused = false;
  /** Why the stream ended, where it was not asked to. */
  #lost: unknown;
  /** Whether etcd has accepted the watch. */
  #created = false;

  constructor(options: WatchSessionOptions) {
    this.#options = options;
    this.#buffer = new WatchBuffer(options.limits);
    this.#call = options.connection.open("/etcdserverpb.Watch/Watch", {
      message: (message) => this.#onMessage(message),
      end: (error) => this.#onLost(error ?? new Error("etcd ended the stream")),
    });
    this.#call.write(this.#createRequest());
  }

  get lost(): unknown {
    return this.#lost;
  }

  get created(): boolean {
    return this.#created;
  }

  /** The next events; undefined when the stream is gone. @throws CompactedError | SlowWatcherError | UnavailableError when the watch is over for good */
  async take(): Promise<WatchBatch | undefined> {
    const batch = await this.#buffer.take();
    if (this.#paused) {
      this.#paused = false;
      this.#call.resume();
    }
    return batch;
  }

  /** Gives the stream up, as if it had broken; `take` returns what is there, then undefined. */
  fail(reason: unknown): void {
    this.#onLost(reason);
  }

  close(): void {
    this.#buffer.end(null);
    this.#call.cancel(new GrpcError("CANCELLED", "the watch is over"));
  }

  /**
   * Asks from one revision earlier and drops its events: that makes etcd refuse a watch of which the first revision itself is compacted
   * (it keeps no deletion of that revision, and would leave it out without a word).
   */
  #createRequest(): Buffer {
    const { keys, request, next } = this.#options;
    const { key, rangeEnd } = keys.range(request) ?? { key: keys.lowest, rangeEnd: "" };
    return watchRequest(key, rangeEnd, Math.max(1, next - 1), request.previous !== false);
  }

  #onMessage(message: Buffer): void {
    try {
      const response = readWatchAnswer(message, this.#options.keys.prefix_bytes);
      this.#options.check(response);
      if (response.canceled) return this.#onCanceled(response);
      if (response.created) {
        this.#created = true;
        this.#historyEnd = Math.max(this.#options.knownRevision(), response.header.revision);
        this.#live = this.#options.next > this.#historyEnd;
      }
      this.#onEvents(response);
    } catch (error) {
      this.#buffer.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #onCanceled({ compactRevision, cancelReason }: WatchAnswer): void {
    if (compactRevision > 0) return this.#buffer.end(new CompactedError(compactRevision));
    this.#buffer.end(new UnavailableError(`etcd refused the watch: ${cancelReason || "no reason given"}`));
  }

  #onEvents({ events, fragment }: WatchAnswer): void {
    const ready: StoreEvent[] = [];
    for (const event of events) {
      if (event.revision < this.#options.next) continue;
      if (this.#held.length > 0 && this.#held.at(-1)?.revision !== event.revision) this.#release(ready);
      this.#held.push(event);
    }
    if (!fragment) this.#release(ready);
    const revision = ready.at(-1)?.revision;
    if (revision === undefined) return;
    if (!this.#live && revision >= Math.max(this.#historyEnd, this.#options.knownRevision())) this.#live = true;
    if (!this.#live) return this.#pushHistory(ready, revision);
    this.#buffer.push(ready, revision);
  }

  #pushHistory(events: readonly StoreEvent[], revision: number): void {
    this.#buffer.push(events, revision);
    if (this.#paused || (this.#buffer.size < HISTORY_EVENTS && this.#buffer.bytes < HISTORY_BYTES)) return;
    this.#paused = true;
    this.#call.pause();
  }

  #release(ready: StoreEvent[]): void {
    for (const event of this.#held) ready.push(event);
    this.#held = [];
  }

  #onLost(error: unknown): void {
    this.#lost ??= error;
    this.#buffer.end(null);
  }
}
