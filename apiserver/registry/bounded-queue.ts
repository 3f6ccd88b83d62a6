/**
 * Items for one reader, bounded: a reader that falls behind is cut off, and nobody else notices. Iterating gives all that
 * is there at once, as one batch.
 */
export class BoundedQueue<T> implements AsyncIterable<readonly T[]> {
  #items: T[] = [];
  #bytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #maxItems: number;
  readonly #maxBytes: number;

  constructor(bounds: { maxItems: number; maxBytes: number }) {
    this.#maxItems = bounds.maxItems;
    this.#maxBytes = bounds.maxBytes;
  }

  /** False when the bound is passed: the queue is ended, what waits in it is dropped. */
  push(item: T, bytes: number): boolean {
    if (this.#ended) return false;
    if (this.#items.length >= this.#maxItems || this.#bytes + bytes > this.#maxBytes) {
      this.#items = [];
      this.end();
      return false;
    }
    this.#items.push(item);
    this.#bytes += bytes;
    this.#signal();
    return true;
  }

  /** No more items; those that wait are still delivered. */
  end(): void {
    this.#ended = true;
    this.#signal();
  }

  get ended(): boolean {
    return this.#ended;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly T[]> {
    for (;;) {
      while (this.#items.length === 0) {
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      const batch = this.#items;
      this.#items = [];
      this.#bytes = 0;
      yield batch;
    }
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
