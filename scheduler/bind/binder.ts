import { pods } from "../../api/resources.ts";
import type { Binding, Pod } from "../../api/wire.ts";
import { type Client, ConnectionError, isReason } from "../../client/client.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { DEVICES_ANNOTATION } from "../../api/placement/devices.ts";

export type BindResult =
  | { readonly type: "bound" }
  /** Refused, or known not to have happened. */
  | { readonly type: "failed"; readonly error: unknown };

/** A binding that takes longer is given up and its outcome looked up. */
const BIND_TIMEOUT_MS = 15_000;
const FIRST_LOOK_UP_DELAY_MS = 200;
const MAX_LOOK_UP_DELAY_MS = 5_000;

/** One binding on its way. */
interface Flight {
  readonly abort: AbortController;
  readonly deadline_ms: number;
  late: boolean;
}

/** Binds pods through the API, where the binding is a compare-and-swap on the pod: whoever binds first wins, the other is refused. */
export class Binder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** The oldest first. One timer and one listener serve all: there may be thousands a second. */
  readonly #flights = new Set<Flight>();
  #timer: Timer | undefined;

  /** `signal` ends bindings on their way. */
  constructor(options: { readonly client: Client; readonly clock: Clock; readonly signal: AbortSignal }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#signal = options.signal;
    options.signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  /** Never rejects. When the outcome is unknown (connection lost) it looks until it is known or the signal aborts. */
  async bind(pod: PodInfo, node: string, devices: readonly number[]): Promise<BindResult> {
    const signal = this.#signal;
    const flight = this.#start();
    try {
      await this.#client.createSubresource(pods, { namespace: pod.namespace, name: pod.name }, "binding", bindingOf(pod, node, devices), { signal: flight.abort.signal });
      return { type: "bound" };
    } catch (error) {
      const unknown = flight.late || (error instanceof ConnectionError && error.outcomeUnknown);
      return unknown && !signal.aborted ? this.#lookUp(pod, node, signal, error) : { type: "failed", error };
    } finally {
      this.#flights.delete(flight);
    }
  }

  #end(): void {
    this.#timer?.cancel();
    for (const { abort } of this.#flights) abort.abort(this.#signal.reason);
  }

  #start(): Flight {
    const flight: Flight = { abort: new AbortController(), deadline_ms: this.#clock.monotonic_ms() + BIND_TIMEOUT_MS, late: false };
    if (this.#signal.aborted) flight.abort.abort(this.#signal.reason);
    this.#flights.add(flight);
    if (this.#timer === undefined) this.#watchOldest(BIND_TIMEOUT_MS);
    return flight;
  }

  #watchOldest(after_ms: number): void {
    this.#timer = this.#clock.after(
      after_ms,
      () => {
        this.#timer = undefined;
        const now_ms = this.#clock.monotonic_ms();
        for (const flight of this.#flights) {
          if (flight.deadline_ms > now_ms) return this.#watchOldest(flight.deadline_ms - now_ms);
          if (flight.late) continue;
          flight.late = true;
          flight.abort.abort(new Error("binding timed out"));
        }
      },
      { background: true },
    );
  }

  async #lookUp(pod: PodInfo, node: string, signal: AbortSignal, cause: unknown): Promise<BindResult> {
    for (let delay_ms = FIRST_LOOK_UP_DELAY_MS; ; delay_ms = Math.min(MAX_LOOK_UP_DELAY_MS, delay_ms * 2)) {
      try {
        await this.#clock.sleep(delay_ms, signal);
        const now: Pod = await this.#client.get(pods, { namespace: pod.namespace, name: pod.name }, { signal });
        const bound = now.metadata.uid === pod.uid && now.spec?.nodeName === node;
        return bound ? { type: "bound" } : { type: "failed", error: cause };
      } catch (error) {
        if (signal.aborted || isReason(error, "NotFound")) return { type: "failed", error: cause };
      }
    }
  }
}

/** The body of `POST pods/NAME/binding`. Its annotations become the pod's in the same write. */
export function bindingOf(pod: PodInfo, node: string, devices: readonly number[]): Binding {
  return {
    apiVersion: "v1",
    kind: "Binding",
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      ...(devices.length > 0 && { annotations: { [DEVICES_ANNOTATION]: devices.join(",") } }),
    },
    target: { kind: "Node", name: node },
  };
}
