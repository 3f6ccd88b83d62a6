/** Who is given items as they come. */
export interface ItemReader<T> {
  /** It can take no more for now; it calls the queue's `resume` once it can, or once it is gone. */
  readonly full: boolean;
  /** Takes items from index `from` on, at least one, and tells the index of the next; the array is good only during the call. */
  take(items: readonly T[], from: number): number;
  /** No more will come; `error` where taking failed. */
  end(error?: unknown): void;
}

/**
 * Items for one reader, bounded: a reader that falls behind is cut off, and nobody else notices. Iterating gives all that
 * is there at once, as one batch; an `ItemReader` is given it without a promise or a buffer of its own.
 */
export class BoundedQueue<T> implements AsyncIterable<readonly T[]> {
  #items: T[] = [];
  #bytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  #reader: ItemReader<T> | undefined;
  /** What the reader has not taken of the batch that it is being given. */
  #batch: readonly T[] = NONE;
  #next = 0;
  #isDue = false;
  readonly #bounds: { readonly maxItems: number; readonly maxBytes: number };

  constructor(bounds: { readonly maxItems: number; readonly maxBytes: number }) {
    this.#bounds = bounds;
  }

  /** False when the bound is passed: the queue is ended, what waits in it is dropped. */
  push(item: T, bytes: number): boolean {
    if (this.#ended) return false;
    if (this.#items.length >= this.#bounds.maxItems || this.#bytes + bytes > this.#bounds.maxBytes) {
      this.cutOff();
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

  /** No more items, and what waits is dropped. */
  cutOff(): void {
    this.#items = [];
    this.end();
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

  /** From now on all goes to `reader`, what comes together in one turn together; instead of iterating. */
  pour(reader: ItemReader<T>): void {
    this.#reader = reader;
    this.#signal();
  }

  /** The reader can take more. */
  resume(): void {
    this.#deliver();
  }

  #signal(): void {
    if (this.#reader !== undefined) {
      if (!this.#isDue && !this.#reader.full) {
        this.#isDue = true;
        deliverSoon(this);
      }
      return;
    }
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Its turn has come; never throws. */
  deliverNow(): void {
    this.#isDue = false;
    this.#deliver();
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    try {
      while (this.#hasNext()) {
        if (reader.full) return;
        this.#next = reader.take(this.#batch, this.#next);
      }
      if (!this.#ended || reader.full) return;
      this.#reader = undefined;
      reader.end();
    } catch (error) {
      this.#reader = undefined;
      this.#ended = true;
      this.#items = [];
      this.#batch = NONE;
      reader.end(error);
    }
  }

  /** Begins the next batch when this one is taken. */
  #hasNext(): boolean {
    if (this.#next < this.#batch.length) return true;
    this.#next = 0;
    if (this.#items.length === 0) {
      this.#batch = NONE;
      return false;
    }
    this.#batch = this.#items;
    this.#items = [];
    this.#bytes = 0;
    return true;
  }
}

/** Shared by all that have no batch: an idle queue holds as little as it can. */
const NONE: readonly never[] = [];

/** Queues that got something in this turn: one microtask for all of them, instead of a promise for each. */
let due: { deliverNow(): void }[] = [];

function deliverSoon(queue: { deliverNow(): void }): void {
  if (due.push(queue) === 1) queueMicrotask(deliverDue);
}

function deliverDue(): void {
  const now = due;
  due = [];
  for (const queue of now) queue.deliverNow();
}
