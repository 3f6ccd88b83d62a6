import { pods } from "../../api/resources.ts";
import type { Binding, Pod } from "../../api/wire.ts";
import { type Client, ConnectionError, isReason } from "../../client/client.ts";
import type { Clock } from "../../lib/clock.ts";
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

/** Binds pods through the API, where the binding is a compare-and-swap on the pod: whoever binds first wins, the other is refused. */
export class Binder {
  readonly #client: Client;
  readonly #clock: Clock;

  constructor(options: { readonly client: Client; readonly clock: Clock }) {
    this.#client = options.client;
    this.#clock = options.clock;
  }

  /** Never rejects. When the outcome is unknown (connection lost) it looks until it is known or `signal` aborts. */
  async bind(pod: PodInfo, node: string, devices: readonly number[], signal: AbortSignal): Promise<BindResult> {
    const timeout = new AbortController();
    const timer = this.#clock.after(BIND_TIMEOUT_MS, () => timeout.abort(new Error("binding timed out")), { background: true });
    try {
      const options = { signal: AbortSignal.any([signal, timeout.signal]) };
      await this.#client.createSubresource(pods, { namespace: pod.namespace, name: pod.name }, "binding", bindingOf(pod, node, devices), options);
      return { type: "bound" };
    } catch (error) {
      const unknown = timeout.signal.aborted || (error instanceof ConnectionError && error.outcomeUnknown);
      return unknown && !signal.aborted ? this.#lookUp(pod, node, signal, error) : { type: "failed", error };
    } finally {
      timer.cancel();
    }
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
