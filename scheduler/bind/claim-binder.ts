import { persistentvolumeclaims } from "../../api/resources.ts";
import type { PersistentVolumeClaim } from "../../api/wire.ts";
import type { Client } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { splitKey } from "../../client/informer.ts";
import { isBound, SELECTED_NODE } from "../volume/claims.ts";

/** As kube-scheduler's bindTimeoutSeconds. */
const BIND_TIMEOUT_MS = 600_000;

/** Tells whoever binds or provisions volumes which node a pod goes to, and waits until its claims are bound. */
export class ClaimBinder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(claim: PersistentVolumeClaim | undefined) => void>>();

  constructor(options: { readonly client: Client; readonly clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /** A claim was seen; undefined: it is gone. */
  claimChanged(key: string, claim: PersistentVolumeClaim | undefined): void {
    for (const tell of [...(this.#waiting.get(key) ?? [])]) tell(claim);
  }

  /** Resolves when all claims are bound. Rejects when one cannot be, when it takes too long or when `signal` aborts. */
  async bind(claims: readonly string[], node: string, signal: AbortSignal): Promise<void> {
    await Promise.all(claims.map((key) => this.#bindOne(key, node, signal)));
  }

  async #bindOne(key: string, node: string, signal: AbortSignal): Promise<void> {
    const bound = this.#bound(key, node, signal);
    bound.catch(() => undefined);
    const { namespace, name } = splitKey(key);
    const claim = await this.#client.patch(persistentvolumeclaims, { namespace, name }, "merge", { metadata: { annotations: { [SELECTED_NODE]: node } } }, { signal });
    if (!isBound(claim)) await bound;
    else this.claimChanged(key, claim);
  }

  #bound(key: string, node: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let selected = false;
      const finish = (end: () => void) => {
        timer.cancel();
        signal.removeEventListener("abort", onAbort);
        const waiting = this.#waiting.get(key);
        waiting?.delete(tell);
        if (waiting?.size === 0) this.#waiting.delete(key);
        end();
      };
      const onAbort = () => finish(() => reject(signal.reason));
      const timer = this.#clock.after(BIND_TIMEOUT_MS, () => finish(() => reject(new Error(`claim ${key} was not bound in time`))), { background: true });
      const tell = (claim: PersistentVolumeClaim | undefined) => {
        if (claim === undefined) return finish(() => reject(new Error(`claim ${key} is gone`)));
        if (isBound(claim)) return finish(resolve);
        const chosen = claim.metadata.annotations?.[SELECTED_NODE];
        if (chosen === node) selected = true;
        else if (selected) finish(() => reject(new Error(`no volume for claim ${key} could be made for node ${node}`)));
      };
      const waiting = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, waiting);
      waiting.add(tell);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
