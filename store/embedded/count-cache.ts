import type { KeyRange } from "../store.ts";

/** Paged lists under way at once for which a count is remembered. */
const MAX_ENTRIES = 128;

/**
 * Counts of ranges as of a revision, which never change. One who reads page after page at a revision has the rest counted by what the page before
 * left over, instead of by looking at every key again.
 */
export class CountCache {
  readonly #counts = new Map<string, number>();

  get(range: KeyRange, revision: number): number | undefined {
    return this.#counts.get(keyOf(range, revision));
  }

  /** The oldest entry goes when there are too many. */
  set(range: KeyRange, revision: number, count: number): void {
    const key = keyOf(range, revision);
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size <= MAX_ENTRIES) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      return;
    }
  }
}

function keyOf({ start, end }: KeyRange, revision: number): string {
  return JSON.stringify([revision, start, end]);
}
