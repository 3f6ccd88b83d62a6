import type { KeyRange } from "./store.ts";

/**
 * Order of two keys by their UTF-8 bytes: negative, 0 or positive. JavaScript's own order is by UTF-16 units, which differs
 * where a surrogate (U+10000 and up) meets U+E000–U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Whether `key` lies in the half-open range. */
export function inRange(range: KeyRange, key: string): boolean {
  return compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0;
}

/** Whether no key can lie in the range. */
export function isEmptyRange({ start, end }: KeyRange): boolean {
  return compareKeys(start === "" ? LOWEST_KEY : start, end) >= 0;
}

/** No key is empty. */
export const LOWEST_KEY = "\0";

/** Moves surrogates above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
