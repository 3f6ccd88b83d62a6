import { inRange, isEmptyRange } from "../key-order.ts";
import type { StoreEvent, WatchBatch, WatchRequest } from "../store.ts";
import { CompactedError, UnavailableError } from "../store.ts";
import { WatchBuffer, type WatchBufferLimits } from "../watch-buffer.ts";
import type { LogReader } from "./log-reader.ts";

/** Events of one revision, as the writer made them. `previousId` is the row of log that an event's `previous` is in. */
export interface CommittedEvent {
  readonly event: StoreEvent;
  /** 0: there was none. */
  readonly previousId: number;
}

export interface HubState {
  /** Newest acknowledged revision. */
  readonly revision: number;
  readonly compactRevision: number;
}

interface LiveWatch {
  readonly request: WatchRequest;
  readonly buffer: WatchBuffer;
}

/** Bounds of one read of history. */
const CHUNK_EVENTS = 1_000;
const CHUNK_BYTES = 4_194_304;

/**
 * Delivers events: first history, read from the log as the consumer asks for it, then, from the moment that it has caught up,
 * what the writer acknowledges. Catching up and going live happen in one synchronous step, so nothing falls between.
 */
export class WatchHub {
  readonly #reader: LogReader;
  readonly #state: HubState;
  readonly #limits: WatchBufferLimits;
  readonly #live = new Set<LiveWatch>();
  #closed = false;

  constructor(reader: LogReader, state: HubState, limits: WatchBufferLimits) {
    this.#reader = reader;
    this.#state = state;
    this.#limits = limits;
  }

  get size(): number {
    return this.#live.size;
  }

  async *watch(request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchBatch, void, undefined> {
    let next = request.fromRevision;
    while (!signal.aborted) {
      if (this.#closed) throw closedError();
      if (isEmptyRange(request)) next = Number.MAX_SAFE_INTEGER;
      if (Math.max(1, next - 1) < this.#state.compactRevision) throw new CompactedError(this.#state.compactRevision);
      if (next > this.#state.revision) {
        next = yield* this.#follow({ ...request, fromRevision: next }, signal);
        continue;
      }
      const chunk = this.#reader.events(request, next, this.#state.revision, CHUNK_EVENTS, CHUNK_BYTES, request.previous !== false);
      next = chunk.revision + 1;
      if (chunk.events.length > 0) yield chunk;
      else await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Live events, until the watch ends. Returns where to go on from when the writer lost track (see `resync`). */
  async *#follow(request: WatchRequest, signal: AbortSignal): AsyncGenerator<WatchBatch, number, undefined> {
    const live: LiveWatch = { request, buffer: new WatchBuffer(this.#limits) };
    const onAbort = () => live.buffer.end(null);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#live.add(live);
    let next = request.fromRevision;
    try {
      for (;;) {
        const batch = await live.buffer.take();
        if (batch === undefined || signal.aborted) return next;
        next = batch.revision + 1;
        yield batch;
      }
    } finally {
      this.#live.delete(live);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Hands out what a commit did, up to `revision`. */
  publish(committed: readonly CommittedEvent[], revision: number): void {
    for (const live of this.#live) {
      const events = this.#matching(committed, live.request);
      if (events.length > 0) live.buffer.push(events, revision);
    }
  }

  /** The live watches go back to reading the log: commits may have happened that were not published. */
  resync(): void {
    for (const live of this.#live) live.buffer.end(null);
  }

  close(): void {
    this.#closed = true;
    for (const live of this.#live) live.buffer.end(closedError());
  }

  #matching(committed: readonly CommittedEvent[], request: WatchRequest): StoreEvent[] {
    const events: StoreEvent[] = [];
    for (const { event, previousId } of committed) {
      if (event.revision < request.fromRevision || !inRange(request, event.key)) continue;
      const previous = previousId !== 0 && request.previous !== false ? this.#reader.version(previousId) : undefined;
      events.push(previous === undefined ? event : { ...event, previous });
    }
    return events;
  }
}

export function closedError(): UnavailableError {
  return new UnavailableError("the store is closed");
}
