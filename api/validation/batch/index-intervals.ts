import { goQuote } from "../../status/go-text.ts";

/** Indexes of a Job's pods as text: `0,2-4`; each problem is thrown in Kubernetes' words. */
export class IndexesError extends Error {}

type Interval = readonly [first: number, last: number];

/** How many indexes the text names. @throws IndexesError when it is malformed, unordered or beyond the completions */
export function countIndexes(text: string, completions: number): number {
  if (text === "") return 0;
  let total = 0;
  let previous: number | undefined;
  for (const part of text.split(",")) {
    const [first, last] = parseInterval(part, completions);
    if (previous !== undefined && previous >= first) throw new IndexesError(`non-increasing order, previous: ${previous}, current: ${first}`);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split("-");
  if (limits.length > 2) throw new IndexesError(`the fragment ${goQuote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`);
  const [first = 0, last] = limits.map((limit) => parseIndex(limit, completions));
  if (last === undefined) return [first, first];
  if (first >= last) throw new IndexesError(`non-increasing order, previous: ${first}, current: ${last}`);
  return [first, last];
}

function parseIndex(text: string, completions: number): number {
  if (!/^[+-]?[0-9]{1,15}$/.test(text)) throw new IndexesError(`cannot convert string to integer for index: ${goQuote(text)}`);
  const index = Number(text);
  if (index >= completions) throw new IndexesError(`too large index: ${goQuote(text)}`);
  return index;
}

/** The first index that both texts name; malformed parts are passed over. */
export function overlap(completed: string, failed: string, completions: number): number | undefined {
  if (completed === "" || failed === "") return undefined;
  const [left, right] = [intervals(completed, completions), intervals(failed, completions)];
  let i = 0;
  let j = 0;
  for (;;) {
    const a = left[i];
    const b = right[j];
    if (a === undefined || b === undefined) return undefined;
    if (a[0] <= b[1] && b[0] <= a[1]) return Math.max(a[0], b[0]);
    if (a[0] <= b[0]) i++;
    else j++;
  }
}

function intervals(text: string, completions: number): Interval[] {
  return text.split(",").flatMap((part) => {
    try {
      return [parseInterval(part, completions)];
    } catch (error) {
      if (error instanceof IndexesError) return [];
      throw error;
    }
  });
}
