/** Messages for any number of readers; each reads all that come after it began, until its signal aborts. */
export class Broadcast<T> {
  readonly #readers = new Set<{ items: T[]; wake: (() => void) | undefined }>();

  push(item: T): void {
    for (const reader of this.#readers) {
      reader.items.push(item);
      reader.wake?.();
    }
  }

  async *read(signal: AbortSignal | undefined): AsyncGenerator<T> {
    const reader = { items: [] as T[], wake: undefined as (() => void) | undefined };
    this.#readers.add(reader);
    const onAbort = () => reader.wake?.();
    signal?.addEventListener("abort", onAbort);
    try {
      while (!signal?.aborted) {
        const item = reader.items.shift();
        if (item !== undefined) yield item;
        else await new Promise<void>((resolve) => (reader.wake = resolve));
      }
    } finally {
      this.#readers.delete(reader);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}
