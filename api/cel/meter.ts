import { CostError } from "./cel-error.ts";

/** Counts what an evaluation has cost, in Kubernetes' units (about 50 ns each), and stops it at its limit. */
export class Meter {
  readonly #limit: number;
  #spent = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get spent(): number {
    return this.#spent;
  }

  /** @throws CostError when the budget is used up */
  spend(units: number): void {
    this.#spent += units;
    if (this.#spent > this.#limit) throw new CostError();
  }
}
