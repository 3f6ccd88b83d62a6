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
