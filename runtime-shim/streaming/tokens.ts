import type { Clock, Timer } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { CriError } from "../errors.ts";

const LIFETIME_MS = 60_000;
const MAX_PENDING = 1000;

/** What a stream's URL stands for: valid once, and for a minute. */
export class Tokens<T> {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pending = new Map<string, { readonly value: T; readonly timer: Timer }>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** RESOURCE_EXHAUSTED when too many URLs wait to be used. */
  issue(value: T): string {
    if (this.#pending.size >= MAX_PENDING) throw new CriError("RESOURCE_EXHAUSTED", `${MAX_PENDING} streams were asked for and not opened: try again in a minute`);
    const token = this.#random.uuid().replaceAll("-", "");
    const timer = this.#clock.after(LIFETIME_MS, () => this.#pending.delete(token), { background: true });
    this.#pending.set(token, { value, timer });
    return token;
  }

  /** The value, the first time. */
  redeem(token: string): T | undefined {
    const entry = this.#pending.get(token);
    entry?.timer.cancel();
    this.#pending.delete(token);
    return entry?.value;
  }
}
