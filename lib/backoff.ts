import type { Random } from "./random.ts";

export interface BackoffOptions {
  readonly base_ms: number;
  readonly max_ms: number;
  readonly factor?: number;
  /** Share of the delay that is random, 0 to 1: a delay d becomes d … d × (1 + jitter). */
  readonly jitter?: number;
}

/** Exponential backoff: `next` grows with each call up to `max_ms` (before jitter); `reset` starts again. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #attempts = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** The next delay in milliseconds. */
  next(): number {
    return delayFor(this.#options, this.#attempts++, this.#random);
  }

  reset(): void {
    this.#attempts = 0;
  }

  get attempts(): number {
    return this.#attempts;
  }
}

/** The delay before attempt number `attempt` (from 0), in milliseconds. */
export function delayFor(options: BackoffOptions, attempt: number, random: Random): number {
  const delay_ms = Math.min(options.max_ms, options.base_ms * (options.factor ?? 2) ** attempt);
  return delay_ms * (1 + (options.jitter ?? 0) * random.next());
}
