import type { Clock, Timer } from "../../lib/clock.ts";

/** Calls `expire` for each lease that runs out, by one timer. */
export class LeaseTimers {
  readonly #clock: Clock;
  readonly #expire: (lease: number) => void;
  readonly #leases = new Map<number, { readonly ttl_s: number; deadline_ms: number }>();
  #timer: Timer | undefined;
  #timerAt_ms = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, expire: (lease: number) => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** A lease that has `remaining_ms` to go. */
  set(lease: number, ttl_s: number, remaining_ms: number): void {
    const deadline_ms = this.#clock.monotonic_ms() + remaining_ms;
    this.#leases.set(lease, { ttl_s, deadline_ms });
    if (deadline_ms < this.#timerAt_ms) this.#arm(deadline_ms);
  }

  /** Gives the lease its whole time again; returns that in seconds, undefined when the lease is unknown. */
  renew(lease: number): number | undefined {
    const entry = this.#leases.get(lease);
    if (entry === undefined) return undefined;
    entry.deadline_ms = this.#clock.monotonic_ms() + entry.ttl_s * 1000;
    return entry.ttl_s;
  }

  delete(lease: number): void {
    this.#leases.delete(lease);
  }

  /** Forgets all leases. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt_ms = Number.POSITIVE_INFINITY;
    this.#leases.clear();
  }

  #arm(at_ms: number): void {
    this.#timer?.cancel();
    this.#timerAt_ms = at_ms;
    this.#timer = this.#clock.after(at_ms - this.#clock.monotonic_ms(), () => this.#fire(), { background: true });
  }

  #fire(): void {
    this.#timerAt_ms = Number.POSITIVE_INFINITY;
    this.#timer = undefined;
    const now_ms = this.#clock.monotonic_ms();
    let earliest_ms = Number.POSITIVE_INFINITY;
    for (const [lease, { deadline_ms }] of this.#leases) {
      if (deadline_ms > now_ms) earliest_ms = Math.min(earliest_ms, deadline_ms);
      else {
        this.#leases.delete(lease);
        this.#expire(lease);
      }
    }
    if (earliest_ms < Number.POSITIVE_INFINITY) this.#arm(earliest_ms);
  }
}
