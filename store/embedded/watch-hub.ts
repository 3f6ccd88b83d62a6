import { isEmptyRange } from "../key-order.ts";
import type { StoreEvent, WatchBatch, WatchRequest } from "../store.ts";
import { CompactedError, UnavailableError } from "../store.ts";
import { WatchBuffer, type WatchBufferLimits } from "../watch-buffer.ts";
import type { LogReader } from "./log-reader.ts";
import { RangeIndex } from "./range-index.ts";

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

interface LiveWatch extends WatchRequest {
  readonly buffer: WatchBuffer;
  /** Events of the commit that is being published. */
  pending: StoreEvent[];
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
  readonly #live = new RangeIndex<LiveWatch>();
  #closed = false;

  constructor(reader: LogReader, state: HubState, limits: WatchBufferLimits) {
    this.#reader = reader;
    this.#state = state;
    this.#limits = limits;
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
    const live: LiveWatch = { ...request, buffer: new WatchBuffer(this.#limits), pending: [] };
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
    const offered = new Set<LiveWatch>();
    for (const one of committed) {
      this.#live.visit(one.event.key, (live) => {
        if (one.event.revision < live.fromRevision) return;
        live.pending.push(this.#eventFor(live, one));
        offered.add(live);
      });
    }
    for (const live of offered) {
      live.buffer.push(live.pending, revision);
      live.pending = [];
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

  #eventFor(live: LiveWatch, { event, previousId }: CommittedEvent): StoreEvent {
    const previous = previousId !== 0 && live.previous !== false ? this.#reader.version(previousId) : undefined;
    return previous === undefined ? event : { ...event, previous };
  }
}

export function closedError(): UnavailableError {
  return new UnavailableError("the store is closed");
}
