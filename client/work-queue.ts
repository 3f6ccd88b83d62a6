import { delayFor } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { DelayQueue } from "./delay-queue.ts";

/** What a reconcile answers: done (undefined), or look again after some time. Throwing means: again, with this key's backoff. */
export type ReconcileResult = { readonly requeueAfter_ms: number } | undefined;

export interface RunOptions<K> {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  reconcile(key: K, signal: AbortSignal): Promise<ReconcileResult>;
  onError?(key: K, error: unknown): void;
}

/** Keys to reconcile. It holds each key at most once, so it is as large as there are objects of its kind. */
export interface WorkQueue<K> {
  /** Adds a key to be worked on; one that waits already is not added twice, one in work is worked on again afterwards. */
  add(key: K): void;
  /** Adds after a delay; an earlier time for the same key wins. */
  addAfter(key: K, delay_ms: number): void;
  /** Adds after this key's backoff, which doubles with each call until `forget`. */
  addRateLimited(key: K): void;
  /** Resets this key's backoff. */
  forget(key: K): void;
  /** How often addRateLimited was called since the last forget. */
  failures(key: K): number;
  /** Keys that are ready to be worked on. */
  readonly length: number;
  /** Keys in work. */
  readonly active: number;
  /** Works on keys, at most `concurrency` at once and never one key twice at once, until `signal` aborts and those in work are done. */
  run(options: RunOptions<K>): Promise<void>;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** First delay of a failing key; 5 ms unless said otherwise. */
  readonly baseDelay_ms?: number;
  /** Longest delay of a failing key; 60 s unless said otherwise. */
  readonly maxDelay_ms?: number;
}

export function createWorkQueue<K extends string>(options: WorkQueueOptions): WorkQueue<K> {
  return new RateLimitedQueue<K>(options);
}

/** How many reconciles may start in one go before the event loop gets a turn. */
const STARTS_PER_TURN = 64;

class RateLimitedQueue<K> implements WorkQueue<K> {
  readonly #random: Random;
  readonly #backoff: { base_ms: number; max_ms: number; jitter: number };
  /** Ready keys in order of arrival. */
  readonly #ready = new Set<K>();
  readonly #working = new Set<K>();
  /** In work, and asked for again meanwhile. */
  readonly #again = new Set<K>();
  readonly #failures = new Map<K, number>();
  readonly #delayed: DelayQueue<K>;
  #run: { options: RunOptions<K>; ended: () => void } | undefined;
  #turnDue = false;

  constructor(options: WorkQueueOptions) {
    this.#random = options.random;
    this.#backoff = { base_ms: options.baseDelay_ms ?? 5, max_ms: options.maxDelay_ms ?? 60_000, jitter: 0.1 };
    this.#delayed = new DelayQueue(options.clock, (key) => this.add(key));
  }

  get length(): number {
    return this.#ready.size;
  }

  get active(): number {
    return this.#working.size;
  }

  add(key: K): void {
    if (this.#working.has(key)) this.#again.add(key);
    else this.#ready.add(key);
    this.#takeTurn();
  }

  addAfter(key: K, delay_ms: number): void {
    if (delay_ms <= 0) this.add(key);
    else this.#delayed.add(key, delay_ms);
  }

  addRateLimited(key: K): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, delayFor(this.#backoff, failures, this.#random));
  }

  forget(key: K): void {
    this.#failures.delete(key);
  }

  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  run(options: RunOptions<K>): Promise<void> {
    if (this.#run !== undefined) throw new Error("the queue is being worked on already");
    return new Promise((resolve) => {
      const onAbort = () => {
        this.#delayed.clear();
        this.#endWhenIdle();
      };
      const ended = () => {
        options.signal.removeEventListener("abort", onAbort);
        this.#run = undefined;
        resolve();
      };
      this.#run = { options, ended };
      if (options.signal.aborted) return onAbort();
      options.signal.addEventListener("abort", onAbort, { once: true });
      this.#takeTurn();
    });
  }

  /** Starts what may start, in a turn of the event loop of its own: a burst of adds becomes one look, and no burst starves I/O. */
  #takeTurn(): void {
    if (this.#turnDue || this.#run === undefined || this.#ready.size === 0) return;
    this.#turnDue = true;
    setImmediate(() => {
      this.#turnDue = false;
      this.#startReady();
    });
  }

  #startReady(): void {
    const run = this.#run;
    if (run === undefined || run.options.signal.aborted) return;
    let started = 0;
    for (const key of this.#ready) {
      if (this.#working.size >= run.options.concurrency) return;
      if (started++ === STARTS_PER_TURN) break;
      this.#ready.delete(key);
      this.#working.add(key);
      void this.#work(key, run.options);
    }
    this.#takeTurn();
  }

  async #work(key: K, { reconcile, signal, onError }: RunOptions<K>): Promise<void> {
    try {
      const result = await reconcile(key, signal);
      this.forget(key);
      if (result !== undefined && !signal.aborted) this.addAfter(key, result.requeueAfter_ms);
    } catch (error) {
      if (!signal.aborted) {
        onError?.(key, error);
        this.addRateLimited(key);
      }
    } finally {
      this.#working.delete(key);
      if (this.#again.delete(key)) this.#ready.add(key);
      if (signal.aborted) this.#endWhenIdle();
      else this.#takeTurn();
    }
  }

  #endWhenIdle(): void {
    if (this.#working.size === 0) this.#run?.ended();
  }
}
