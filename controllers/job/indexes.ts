type Interval = [first: number, last: number];

/** Completion indexes as ordered intervals: `0,2-4` as a Job's status has them. */
export class IndexSet {
  readonly #intervals: Interval[];

  private constructor(intervals: Interval[]) {
    this.#intervals = intervals;
  }

  /** Malformed parts are passed over: the server has checked them. */
  static parse(text: string | undefined): IndexSet {
    const intervals: Interval[] = [];
    for (const part of (text ?? "").split(",")) {
      const [first = "", last = first] = part.split("-");
      if (!/^[0-9]+$/.test(first) || !/^[0-9]+$/.test(last)) continue;
      const before = intervals.at(-1);
      // `2,3` is how two that touch are written.
      if (before !== undefined && before[1] + 1 === Number(first)) before[1] = Number(last);
      else intervals.push([Number(first), Number(last)]);
    }
    return new IndexSet(intervals);
  }

  get size(): number {
    return this.#intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    return this.#intervals.some(([first, last]) => index >= first && index <= last);
  }

  add(index: number): void {
    if (this.has(index)) return;
    const at = this.#intervals.findIndex(([first]) => first > index);
    const position = at < 0 ? this.#intervals.length : at;
    this.#intervals.splice(position, 0, [index, index]);
    this.#join(position);
    this.#join(position - 1);
  }

  /** How many of these are in the other set too. */
  countIn(other: IndexSet): number {
    let count = 0;
    for (const [first, last] of this.#intervals) {
      for (const [otherFirst, otherLast] of other.#intervals) count += Math.max(0, Math.min(last, otherLast) - Math.max(first, otherFirst) + 1);
    }
    return count;
  }

  toString(): string {
    return this.#intervals.map(([first, last]) => (first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`)).join(",");
  }

  /** Joins an interval with the next one where they touch. */
  #join(position: number): void {
    const [left, right] = [this.#intervals[position], this.#intervals[position + 1]];
    if (left === undefined || right === undefined || left[1] + 1 < right[0]) return;
    this.#intervals.splice(position, 2, [left[0], Math.max(left[1], right[1])]);
  }
}
