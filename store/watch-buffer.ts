import type { StoreEvent, WatchBatch } from "./store.ts";
import { SlowWatcherError } from "./store.ts";

export interface WatchBufferLimits {
  readonly events: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/** Room for a burst of a few seconds; beyond it a consumer is not keeping up. */
export const WATCH_BUFFER_LIMITS: WatchBufferLimits = { events: 10_000, bytes: 67_108_864 };

/** Events between the one who delivers them and the one who iterates, bounded. One consumer. */
export class WatchBuffer {
  readonly #limits: WatchBufferLimits;
  #events: StoreEvent[] = [];
  #bytes = 0;
  #revision = 0;
  /** Set when no more will come: the reason, or null for a quiet end. */
  #end: { readonly error: Error | null } | undefined;
  #wake: (() => void) | undefined;

  constructor(limits: WatchBufferLimits) {
    this.#limits = limits;
  }

  /** How many events wait. */
  get size(): number {
    return this.#events.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds whole transactions. When something waits already and the limits are passed, the buffer is emptied and ends with SlowWatcherError.
   * Returns whether it took them.
   */
  push(events: readonly StoreEvent[], revision: number): boolean {
    if (this.#end !== undefined) return false;
    const behind = this.#events.length > 0;
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += eventBytes(event);
    }
    this.#revision = revision;
    if (behind && (this.#events.length > this.#limits.events || this.#bytes > this.#limits.bytes)) {
      const buffered = this.#events.length;
      this.#clear();
      this.end(new SlowWatcherError(buffered));
      return false;
    }
    this.#wake?.();
    return true;
  }

  /** No more events: what is buffered is still taken, then `take` throws `error`, or returns undefined when it is null. */
  end(error: Error | null): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** Everything buffered; waits for something. undefined: ended. */
  async take(): Promise<WatchBatch | undefined> {
    while (this.#events.length === 0 && this.#end === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#events.length > 0) {
      const batch = { revision: this.#revision, events: this.#events };
      this.#clear();
      return batch;
    }
    if (this.#end?.error) throw this.#end.error;
    return undefined;
  }

  #clear(): void {
    this.#events = [];
    this.#bytes = 0;
  }
}

export function eventBytes(event: StoreEvent): number {
  return event.key.length + (event.current?.value.byteLength ?? 0) + (event.previous?.value.byteLength ?? 0);
}
