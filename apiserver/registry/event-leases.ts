import type { Clock } from "../../lib/clock.ts";
import type { Store } from "../../store/store.ts";

/** Events share leases: a new one is granted only every so often, so that a lease serves many events. */
const SHARED_FOR_MS = 60_000;
const MAX_EVENTS_PER_LEASE = 1_000;

/** Leases that delete Events some time after they were last written. */
export class EventLeases {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ttl_s: number;
  #current: Promise<number> | undefined;
  #since_ms = 0;
  #used = 0;

  constructor(store: Store, clock: Clock, ttl_s: number) {
    this.#store = store;
    this.#clock = clock;
    this.#ttl_s = ttl_s;
  }

  /** A lease that runs out between the time to live and a minute after. */
  lease(): Promise<number> {
    const now_ms = this.#clock.now_ms();
    if (this.#current === undefined || now_ms - this.#since_ms > SHARED_FOR_MS || this.#used >= MAX_EVENTS_PER_LEASE) {
      const granted = this.#store.grantLease(this.#ttl_s + SHARED_FOR_MS / 1000);
      granted.catch(() => {
        if (this.#current === granted) this.#current = undefined;
      });
      this.#current = granted;
      this.#since_ms = now_ms;
      this.#used = 0;
    }
    this.#used++;
    return this.#current;
  }
}
