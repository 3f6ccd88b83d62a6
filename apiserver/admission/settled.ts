/** How long a write may take from admission until this server's cache has it. */
const SETTLES_WITHIN_MS = 2_000;

/**
 * Lets a plugin that reads rules from the cache see what was written through this server a moment ago, without asking the store at every request: what
 * other servers write is seen as soon as the watch brings it.
 */
export class Settled {
  readonly #fresh: () => Promise<unknown>;
  #written_ms = Number.NEGATIVE_INFINITY;

  constructor(fresh: () => Promise<unknown>) {
    this.#fresh = fresh;
  }

  /** A rule is being written. */
  note(now_ms: number): void {
    this.#written_ms = now_ms;
  }

  /** The cache has all that was written through this server. */
  isQuiet(now_ms: number): boolean {
    return now_ms - this.#written_ms > SETTLES_WITHIN_MS;
  }

  /** Before rules are read; undefined where there is nothing to wait for. */
  wait(now_ms: number): Promise<unknown> | undefined {
    return this.isQuiet(now_ms) ? undefined : this.#fresh();
  }
}
