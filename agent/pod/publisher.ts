import type { PodStatus } from "../../api/wire.ts";
import type { Timer } from "../../lib/clock.ts";
import { checkpointOf } from "../status/checkpoint.ts";
import { computePodStatus, finalStatus } from "../status/pod-status.ts";
import type { NodeContext } from "./node-context.ts";
import { type PodState, shownReasons, startingIds } from "./pod-state.ts";
import type { ContainerRecord, PodRuntime } from "./runtime-state.ts";
import { isTerminalPhase } from "./spec.ts";

/** A state on the way to another (a start is under way) is written only if it lasts this long. */
const PASSING_MS = 100;

/** Makes the pod's status after each event and hands it to the writer when it changed. */
export class Publisher {
  readonly #context: NodeContext;
  #last: PodStatus | undefined;
  #passing: PodStatus | undefined;
  #timer: Timer | undefined;
  #isFinal = false;
  /** What the API server knew when the pod was told to end. */
  #seenAtEnd: PodStatus | undefined;

  constructor(context: NodeContext) {
    this.#context = context;
  }

  /** The status that was made last, written or not. */
  get last(): PodStatus | undefined {
    return this.#last;
  }

  /** `isPassing`: more is about to happen; wait a moment before writing. */
  publish(state: PodState, options: { readonly isPassing: boolean }): void {
    if (this.#isFinal) return;
    if (state.stage !== "running") this.#seenAtEnd ??= state.pod.status ?? {};
    // A pod that was over before we came keeps its status as it is.
    if (this.#last === undefined && isTerminalPhase(state.pod.status?.phase)) return;
    const status = this.#compute(state, state.runtime, false);
    if (same(status, this.#last)) return;
    if (this.#last === undefined && state.pod.status !== undefined && checkpointOf(status) === checkpointOf(state.pod.status)) {
      // Taken over from an earlier run of the agent, and nothing has changed since.
      this.#last = status;
      return;
    }
    // The first status says that the node has the pod: it is never held back.
    if (options.isPassing && this.#last !== undefined) return this.#hold(state, status);
    this.#drop();
    this.#write(state, status);
  }

  /** A start has failed: what was shown on the way there is part of the story. */
  flush(state: PodState): void {
    const passing = this.#passing;
    this.#drop();
    if (passing !== undefined) this.#write(state, passing);
  }

  /** A container that has ended already was running once: that is said first. */
  publishRunning(state: PodState, record: ContainerRecord): void {
    const containers = state.runtime.containers.map((other): ContainerRecord => (other.id === record.id ? { ...other, state: "running" } : other));
    this.#drop();
    this.#write(state, this.#compute(state, { ...state.runtime, containers }, false));
  }

  publishFinal(state: PodState): void {
    this.#isFinal = true;
    if (this.#last === undefined && isTerminalPhase(state.pod.status?.phase)) return;
    this.#drop();
    this.#write(state, finalStatus(state.pod, this.#compute(state, state.runtime, true), this.#seenAtEnd ?? state.pod.status));
  }

  close(): void {
    this.#timer?.cancel();
  }

  #hold(state: PodState, status: PodStatus): void {
    this.#passing = status;
    this.#timer ??= this.#context.clock.after(PASSING_MS, () => this.flush(state));
  }

  #drop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#passing = undefined;
  }

  #write(state: PodState, status: PodStatus): void {
    if (same(status, this.#last)) return;
    this.#last = status;
    if (!state.isRemoved) this.#context.statuses.set(state.pod, status);
  }

  #compute(state: PodState, runtime: PodRuntime, isFinal: boolean): PodStatus {
    const { clock, nodeIps, runtimeName } = this.#context;
    const { status } = computePodStatus({
      pod: state.pod,
      runtime,
      previous: this.#last ?? state.pod.status,
      reasons: shownReasons(state),
      starting: startingIds(state),
      isStarted: (container, id) => container.startupProbe === undefined || state.probes.get(id)?.startup === "success",
      isReady: (container, id) => container.readinessProbe === undefined || state.probes.get(id)?.readiness === "success",
      isRestartingAll: state.restartAll.step !== "none",
      canMountRecursivelyReadOnly: this.#context.canMountRecursivelyReadOnly(),
      resize: state.resize,
      runtimeName: runtimeName(),
      ended: state.ended,
      isTerminal: state.stage !== "running",
      isFinal,
      volumesPending: state.volumes.step !== "ready" && runtime.containers.length === 0,
      nodeIps,
      startTime_ms: state.startTime_ms,
      now_ms: clock.now_ms(),
    });
    return status;
  }
}

function same(a: PodStatus, b: PodStatus | undefined): boolean {
  return b !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
