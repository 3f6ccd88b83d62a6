import type { Clock, Timer } from "./clock.ts";

interface Entry {
  at_ms: number;
  order: number;
  callback: () => void;
}

/** A clock that stands still until `advance` is called: for tests and the simulator. Timers fire in order of time, then of creation. */
export class VirtualClock implements Clock {
  #now_ms: number;
  #order = 0;
  #entries: Entry[] = [];

  constructor(start_ms = 1_767_225_600_000) {
    this.#now_ms = start_ms;
  }

  now_ms(): number {
    return this.#now_ms;
  }

  monotonic_ms(): number {
    return this.#now_ms;
  }

  after(delay_ms: number, callback: () => void): Timer {
    const entry: Entry = { at_ms: this.#now_ms + Math.max(0, delay_ms), order: this.#order++, callback };
    this.#entries.push(entry);
    return {
      cancel: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  sleep(delay_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.after(delay_ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Moves time on by `delta_ms`, firing each timer at its own time; promise callbacks run between timers. */
  async advance(delta_ms: number): Promise<void> {
    const end_ms = this.#now_ms + delta_ms;
    await settle();
    for (;;) {
      const next = this.#entries
        .filter((entry) => entry.at_ms <= end_ms)
        .sort((a, b) => a.at_ms - b.at_ms || a.order - b.order)[0];
      if (next === undefined) break;
      this.#entries = this.#entries.filter((other) => other !== next);
      this.#now_ms = next.at_ms;
      next.callback();
      await settle();
    }
    this.#now_ms = end_ms;
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.#entries.length;
  }
}

/** Lets pending promise callbacks and immediates run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
