import type { Clock } from "../../lib/clock.ts";
import type { KeyPair } from "./pki.ts";

const RENEW_AFTER_MS = 30 * 24 * 3_600_000;

/** A client certificate of the API server's own, issued when it is first needed and anew long before it runs out. */
export class RenewedCertificate {
  readonly #issue: () => Promise<KeyPair>;
  readonly #clock: Clock;
  #certificate: Promise<KeyPair> | undefined;
  #issued_ms = 0;

  constructor(clock: Clock, issue: () => Promise<KeyPair>) {
    this.#clock = clock;
    this.#issue = issue;
  }

  get(): Promise<KeyPair> {
    const now_ms = this.#clock.now_ms();
    if (this.#certificate === undefined || now_ms - this.#issued_ms > RENEW_AFTER_MS) {
      this.#issued_ms = now_ms;
      this.#certificate = this.#issue();
      // A failure is not kept: the next request tries again.
      this.#certificate.catch(() => {
        this.#certificate = undefined;
      });
    }
    return this.#certificate;
  }
}
