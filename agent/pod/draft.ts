import type { Action } from "./actions.ts";
import type { Decision } from "./decide.ts";
import type { PodState } from "./pod-state.ts";
import type { ContainerRecord } from "./runtime-state.ts";
import { specOf } from "./spec.ts";

/** A pod is given this where neither its deletion nor its spec says how long. */
const DEFAULT_GRACE_S = 30;

/** A decision in the making. */
export class Draft {
  state: PodState;
  readonly now_ms: number;
  readonly #actions: Action[] = [];
  #wakeAt_ms: number | undefined;

  constructor(state: PodState, now_ms: number) {
    this.state = state;
    this.now_ms = now_ms;
  }

  act(action: Action): void {
    this.#actions.push(action);
  }

  change(change: Partial<PodState>): void {
    this.state = { ...this.state, ...change };
  }

  /** Whether that time has come; if not, the machine will be asked again then. */
  isDue(at_ms: number): boolean {
    if (this.now_ms >= at_ms) return true;
    this.#wakeAt_ms = Math.min(this.#wakeAt_ms ?? at_ms, at_ms);
    return false;
  }

  /** Seconds that containers get to end by themselves; at least 1. */
  grace_s(): number {
    const { pod, ended } = this.state;
    const spec_s = specOf(pod).terminationGracePeriodSeconds ?? DEFAULT_GRACE_S;
    const asked_s = pod.metadata.deletionGracePeriodSeconds ?? spec_s;
    return Math.max(1, Math.min(asked_s, ended?.grace_s ?? asked_s));
  }

  stop(record: ContainerRecord, grace_s: number, message: string, after: readonly string[] = []): void {
    this.act({ type: "stop-container", id: record.id, name: record.name, grace_s, message, after });
    this.change({ stops: new Map(this.state.stops).set(record.id, { grace_s }) });
  }

  finish(): Decision {
    return { state: this.state, actions: this.#actions, wakeAt_ms: this.#wakeAt_ms };
  }
}
