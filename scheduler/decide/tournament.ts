import { Heap } from "../queue/heap.ts";

/**
 * The best of n values with updates in O(log n): a complete binary tree whose inner nodes hold the winner below them.
 * Equal values: the lowest index wins. -Infinity never wins.
 */
export class Tournament {
  readonly #values: Float64Array;
  readonly #winners: Int32Array;
  readonly #leaves: number;

  constructor(size: number) {
    let leaves = 1;
    while (leaves < size) leaves *= 2;
    this.#leaves = leaves;
    this.#values = new Float64Array(leaves).fill(Number.NEGATIVE_INFINITY);
    this.#winners = new Int32Array(leaves).fill(-1);
  }

  get size(): number {
    return this.#leaves;
  }

  value(index: number): number {
    return this.#values[index]!;
  }

  /** Index of the best value; -1 when all are -Infinity. */
  get best(): number {
    return this.#leaves === 1 ? this.#leaf(0) : this.#winners[1]!;
  }

  /** Index of the best value from `start` to before `end`; -1 when all are -Infinity. */
  bestIn(start: number, end: number): number {
    let best = -1;
    let low = start + this.#leaves;
    let high = end + this.#leaves;
    const take = (place: number) => {
      const index = this.#winnerAt(place);
      if (index >= 0 && (best < 0 || this.#isBefore(index, best))) best = index;
    };
    for (; low < high; low >>= 1, high >>= 1) {
      if (low & 1) take(low++);
      if (high & 1) take(--high);
    }
    return best;
  }

  /**
   * The best index that passes, trying them from the best value down (equal ones by index); -1: none passes; undefined: so many were tried
   * that looking at all is quicker.
   */
  bestOf(passes: (index: number) => boolean, most: number): number | undefined {
    const first = this.best;
    if (first < 0 || passes(first)) return first;
    if (this.#leaves === 1) return -1;
    // Places in the tree of which each holds its best below it; together they hold all that has not been tried.
    const rest = new Heap<number>((a, b) => this.#isBefore(this.#winnerAt(a), this.#winnerAt(b)));
    let place = 1;
    let tried = first;
    for (let count = 1; count < most; count++) {
      this.#without(place, tried, rest);
      const next = rest.pop();
      if (next === undefined) return -1;
      place = next;
      tried = this.#winnerAt(next);
      if (passes(tried)) return tried;
    }
    return undefined;
  }

  #isBefore(a: number, b: number): boolean {
    return this.#values[a] === this.#values[b] ? a < b : this.#values[a]! > this.#values[b]!;
  }

  /** All below `place` but the leaf of `index`. */
  #without(place: number, index: number, rest: Heap<number>): void {
    for (let at = index + this.#leaves; at > place; at >>= 1) if (this.#winnerAt(at ^ 1) >= 0) rest.push(at ^ 1);
  }

  /** Sets a value without restoring the tree: `rebuild` must follow. */
  put(index: number, value: number): void {
    this.#values[index] = value;
  }

  rebuild(): void {
    for (let at = this.#leaves - 1; at >= 1; at--) this.#winners[at] = this.#play(at);
  }

  set(index: number, value: number): void {
    if (this.#values[index] === value) return;
    this.#values[index] = value;
    for (let at = (index + this.#leaves) >> 1; at >= 1; at >>= 1) {
      const winner = this.#play(at);
      if (winner === this.#winners[at] && winner !== index) return;
      this.#winners[at] = winner;
    }
  }

  #leaf(index: number): number {
    return this.#values[index]! === Number.NEGATIVE_INFINITY ? -1 : index;
  }

  #winnerAt(at: number): number {
    return at >= this.#leaves ? this.#leaf(at - this.#leaves) : this.#winners[at]!;
  }

  #play(at: number): number {
    const left = this.#winnerAt(2 * at);
    const right = this.#winnerAt(2 * at + 1);
    if (left < 0) return right;
    if (right < 0) return left;
    return this.#values[right]! > this.#values[left]! ? right : left;
  }
}
