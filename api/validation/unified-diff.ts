const CONTEXT = 3;
/** Beyond this many lines only the differing middle is compared as one block: the exact alignment costs the square of it. */
const EXACT_LINES_LIMIT = 4000;
/** Lines more frequent than one in a hundred do not anchor a match in texts of at least this many lines. */
const POPULAR_FROM_LINES = 200;

type Tag = "equal" | "replace" | "delete" | "insert";
type OpCode = readonly [tag: Tag, i1: number, i2: number, j1: number, j2: number];
type Match = readonly [i: number, j: number, size: number];

/** Two texts as a unified diff without file names, each line ended; "" when they are equal. The alignment is that of Ratcliff and Obershelp, as Go's difflib has it. */
export function unifiedDiff(before: readonly string[], after: readonly string[]): string {
  const codes = before.length + after.length > EXACT_LINES_LIMIT ? roughCodes(before, after) : opCodes(before, after);
  let text = "";
  for (const group of groups(codes)) {
    const [, i1, , j1] = group[0] as OpCode;
    const [, , i2, , j2] = group.at(-1) as OpCode;
    text += `@@ -${range(i1, i2)} +${range(j1, j2)} @@\n`;
    for (const [tag, a1, a2, b1, b2] of group) {
      if (tag === "equal") for (const line of before.slice(a1, a2)) text += ` ${line}\n`;
      else {
        for (const line of before.slice(a1, a2)) text += `-${line}\n`;
        for (const line of after.slice(b1, b2)) text += `+${line}\n`;
      }
    }
  }
  return text;
}

/** Line numbers from 1; an empty range names the line before it. */
function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

function roughCodes(before: readonly string[], after: readonly string[]): OpCode[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const i2 = before.length - tail;
  const j2 = after.length - tail;
  const codes: OpCode[] = [];
  if (head > 0) codes.push(["equal", 0, head, 0, head]);
  if (head < i2 || head < j2) codes.push([tagOf(head, i2, head, j2), head, i2, head, j2]);
  if (tail > 0) codes.push(["equal", i2, before.length, j2, after.length]);
  return codes;
}

function tagOf(i1: number, i2: number, j1: number, j2: number): Tag {
  return i1 < i2 ? (j1 < j2 ? "replace" : "delete") : "insert";
}

function opCodes(before: readonly string[], after: readonly string[]): OpCode[] {
  const codes: OpCode[] = [];
  let i = 0;
  let j = 0;
  for (const [mi, mj, size] of matchingBlocks(before, after)) {
    if (i < mi || j < mj) codes.push([tagOf(i, mi, j, mj), i, mi, j, mj]);
    i = mi + size;
    j = mj + size;
    if (size > 0) codes.push(["equal", mi, i, mj, j]);
  }
  return codes;
}

function matchingBlocks(before: readonly string[], after: readonly string[]): Match[] {
  const places = linePlaces(after);
  const found: Match[] = [];
  const queue: [number, number, number, number][] = [[0, before.length, 0, after.length]];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [alo, ahi, blo, bhi] = next;
    const match = longestMatch(before, after, places, alo, ahi, blo, bhi);
    const [i, j, size] = match;
    if (size === 0) continue;
    found.push(match);
    queue.push([alo, i, blo, j], [i + size, ahi, j + size, bhi]);
  }
  found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const blocks: [number, number, number][] = [];
  for (const [i, j, size] of found) {
    const last = blocks.at(-1);
    if (last && last[0] + last[2] === i && last[1] + last[2] === j) last[2] += size;
    else blocks.push([i, j, size]);
  }
  return [...blocks, [before.length, after.length, 0]];
}

/** Where each line stands in the second text; lines that are everywhere are left out. */
function linePlaces(after: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  after.forEach((line, j) => {
    const known = places.get(line);
    if (known) known.push(j);
    else places.set(line, [j]);
  });
  if (after.length >= POPULAR_FROM_LINES) {
    const most = Math.floor(after.length / 100) + 1;
    for (const [line, list] of places) if (list.length > most) places.delete(line);
  }
  return places;
}

function longestMatch(before: readonly string[], after: readonly string[], places: ReadonlyMap<string, readonly number[]>, alo: number, ahi: number, blo: number, bhi: number): Match {
  let [besti, bestj, bestsize] = [alo, blo, 0];
  let lengths = new Map<number, number>();
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(before[i] ?? "") ?? []) {
      if (j < blo) continue;
      if (j >= bhi) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > bestsize) [besti, bestj, bestsize] = [i - size + 1, j - size + 1, size];
    }
    lengths = next;
  }
  // A match grows over the lines that do not anchor one themselves.
  while (besti > alo && bestj > blo && before[besti - 1] === after[bestj - 1]) [besti, bestj, bestsize] = [besti - 1, bestj - 1, bestsize + 1];
  while (besti + bestsize < ahi && bestj + bestsize < bhi && before[besti + bestsize] === after[bestj + bestsize]) bestsize++;
  return [besti, bestj, bestsize];
}

/** Changes with their context, apart where more than twice the context lies between them. */
function groups(codes: OpCode[]): OpCode[][] {
  if (codes.length === 0) return [];
  const trimmed = [...codes];
  const first = trimmed[0];
  if (first?.[0] === "equal") trimmed[0] = ["equal", Math.max(first[1], first[2] - CONTEXT), first[2], Math.max(first[3], first[4] - CONTEXT), first[4]];
  const last = trimmed.at(-1);
  if (last?.[0] === "equal") trimmed[trimmed.length - 1] = ["equal", last[1], Math.min(last[2], last[1] + CONTEXT), last[3], Math.min(last[4], last[3] + CONTEXT)];
  const result: OpCode[][] = [];
  let group: OpCode[] = [];
  for (const [tag, i1, i2, j1, j2] of trimmed) {
    if (tag === "equal" && i2 - i1 > CONTEXT * 2) {
      group.push([tag, i1, Math.min(i2, i1 + CONTEXT), j1, Math.min(j2, j1 + CONTEXT)]);
      result.push(group);
      group = [[tag, Math.max(i1, i2 - CONTEXT), i2, Math.max(j1, j2 - CONTEXT), j2]];
    } else group.push([tag, i1, i2, j1, j2]);
  }
  if (group.length > 1 || group[0]?.[0] !== "equal") result.push(group);
  return result.filter((codes) => codes.some(([tag]) => tag !== "equal"));
}
