/** Requests in flight, so that closing can wait for them; those that never end by themselves (watches) hear of it. */
export class Lifecycle {
  readonly #closing = new AbortController();
  #active = 0;
  #idle: (() => void) | undefined;

  /** Aborts when the server closes. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  get closing(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Counts a request until the returned function is called. */
  enter(): () => void {
    this.#active++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#active--;
      if (this.#active === 0) this.#idle?.();
    };
  }

  /** Refuses new requests from now on; resolves when none is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }
}
