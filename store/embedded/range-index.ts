import { compareKeys } from "../key-order.ts";
import type { KeyRange } from "../store.ts";

/**
 * Finds the ranges that a key lies in without looking at all of them. Ranges are sorted by start; each place also knows the highest
 * end up to it, so the walk back from a key's place stops as soon as nothing further back can reach it: at once, where ranges do not overlap.
 */
export class RangeIndex<T extends KeyRange> {
  readonly #members = new Set<T>();
  #sorted: { readonly member: T; readonly highestEnd: string }[] | undefined;

  get size(): number {
    return this.#members.size;
  }

  add(member: T): void {
    this.#members.add(member);
    this.#sorted = undefined;
  }

  delete(member: T): void {
    this.#members.delete(member);
    this.#sorted = undefined;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#members.values();
  }

  /** Calls `visit` for each member whose range has the key. */
  visit(key: string, visit: (member: T) => void): void {
    this.#sorted ??= this.#sort();
    for (let i = this.#lastStartingAt(key); i >= 0; i--) {
      const place = this.#sorted[i];
      if (place === undefined || compareKeys(place.highestEnd, key) <= 0) return;
      if (compareKeys(key, place.member.end) < 0) visit(place.member);
    }
  }

  #sort(): { readonly member: T; readonly highestEnd: string }[] {
    let highestEnd = "";
    return [...this.#members]
      .sort((a, b) => compareKeys(a.start, b.start))
      .map((member) => {
        if (compareKeys(member.end, highestEnd) > 0) highestEnd = member.end;
        return { member, highestEnd };
      });
  }

  /** Index of the last member that starts at the key or before, -1 when there is none. */
  #lastStartingAt(key: string): number {
    const sorted = this.#sorted ?? [];
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(sorted[middle]?.member.start ?? "", key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
