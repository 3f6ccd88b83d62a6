import type { EventText } from "../../client/event-recorder.ts";
import type { Probe } from "../../api/wire.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { ProbeOutcome, ProbeResults } from "../pod/pod-state.ts";
import { fieldPathOf, type SpecContainer } from "../pod/spec.ts";
import { extend, noStreak, type ProbeType, type Streak } from "./outcome.ts";
import type { Prober, ProbeTarget } from "./prober.ts";

/** A container that runs, as its probes see it. */
export interface ProbedContainer {
  readonly entry: SpecContainer;
  readonly startedAt_ms: number;
  readonly target: ProbeTarget;
  readonly results: ProbeResults;
  /** It is being stopped: only its readiness is still asked for. */
  readonly isEnding: boolean;
}

export interface PodProbesOptions {
  readonly prober: Prober;
  readonly clock: Clock;
  /** A result that differs from the last one, or the first. */
  readonly onResult: (containerId: string, type: ProbeType, outcome: ProbeOutcome) => void;
  readonly onEvent: (event: EventText) => void;
}

interface Worker {
  container: ProbedContainer;
  readonly type: ProbeType;
  readonly probe: Probe;
  timer: Timer | undefined;
  streak: Streak;
  verdict: ProbeOutcome | undefined;
  isBusy: boolean;
}

const TYPES = ["startup", "liveness", "readiness"] as const;
const LABELS: Readonly<Record<ProbeType, string>> = { startup: "Startup", liveness: "Liveness", readiness: "Readiness" };
const MAX_TRIES = 3;

/** The probes of one pod: a timer for each probe of each running container. */
export class PodProbes {
  readonly #options: PodProbesOptions;
  readonly #workers = new Map<string, Worker>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /** Follows what runs. */
  update(containers: readonly ProbedContainer[]): void {
    const wanted = new Set<string>();
    for (const container of containers) {
      for (const type of TYPES) {
        const probe = container.entry.container[`${type}Probe`];
        if (probe === undefined || (container.isEnding && type !== "readiness")) continue;
        const key = `${container.target.containerId}/${type}`;
        wanted.add(key);
        const known = this.#workers.get(key);
        if (known === undefined) this.#start(key, container, type, probe);
        else this.#refresh(known, container);
      }
    }
    for (const [key, worker] of this.#workers) if (!wanted.has(key)) this.#stop(key, worker);
  }

  close(): void {
    for (const [key, worker] of this.#workers) this.#stop(key, worker);
  }

  #start(key: string, container: ProbedContainer, type: ProbeType, probe: Probe): void {
    const worker: Worker = { container, type, probe, timer: undefined, streak: noStreak, verdict: container.results[type], isBusy: false };
    this.#workers.set(key, worker);
    this.#schedule(worker, this.#firstDelay_ms(worker));
  }

  #stop(key: string, worker: Worker): void {
    worker.timer?.cancel();
    this.#workers.delete(key);
  }

  /** Readiness is asked for at once when the container has just come up. */
  #refresh(worker: Worker, container: ProbedContainer): void {
    const hadStarted = isStarted(worker.container);
    worker.container = container;
    if (!hadStarted && isStarted(container) && worker.type === "readiness" && !worker.isBusy) this.#schedule(worker, this.#firstDelay_ms(worker));
  }

  #firstDelay_ms(worker: Worker): number {
    const delay_ms = (worker.probe.initialDelaySeconds ?? 0) * 1000;
    return Math.max(0, worker.container.startedAt_ms + delay_ms - this.#options.clock.now_ms());
  }

  #schedule(worker: Worker, delay_ms: number): void {
    worker.timer?.cancel();
    worker.timer = this.#options.clock.after(delay_ms, () => void this.#tick(worker));
  }

  async #tick(worker: Worker): Promise<void> {
    const period_ms = Math.max(1, worker.probe.periodSeconds ?? 10) * 1000;
    if (this.#isOnHold(worker)) return;
    this.#schedule(worker, period_ms);
    const isWanted = worker.type === "startup" ? !isStarted(worker.container) : isStarted(worker.container);
    if (worker.isBusy || !isWanted) return;
    worker.isBusy = true;
    try {
      await this.#probe(worker);
    } finally {
      worker.isBusy = false;
    }
  }

  /** Once a liveness or startup probe has failed for good, the container is to be killed: it is not asked any more. */
  #isOnHold(worker: Worker): boolean {
    return worker.type !== "readiness" && worker.verdict === "failure";
  }

  async #probe(worker: Worker): Promise<void> {
    const { prober, onResult, onEvent } = this.#options;
    const { container, type, probe } = worker;
    let result = await prober(probe, container.target);
    for (let tries = 1; result.type === "unknown" && tries < MAX_TRIES; tries++) result = await prober(probe, container.target);
    if (![...this.#workers.values()].includes(worker)) return;
    const fieldPath = fieldPathOf(container.entry);
    const label = LABELS[type];
    if (result.type === "unknown") onEvent({ type: "Warning", reason: "Unhealthy", message: `${label} probe errored and resulted in unknown state: ${result.error}`, fieldPath });
    if (result.type === "failure") onEvent({ type: "Warning", reason: "Unhealthy", message: `${label} probe failed: ${result.output}`, fieldPath });
    if (result.type === "warning") onEvent({ type: "Warning", reason: "ProbeWarning", message: `${label} probe warning: ${result.output}`, fieldPath });
    const { streak, verdict } = extend(worker.streak, result, { failureThreshold: probe.failureThreshold ?? 3, successThreshold: probe.successThreshold ?? 1 });
    worker.streak = streak;
    if (verdict === undefined || verdict === worker.verdict) return;
    worker.verdict = verdict;
    onResult(container.target.containerId, type, verdict);
  }
}

function isStarted(container: ProbedContainer): boolean {
  return container.entry.container.startupProbe === undefined || container.results.startup === "success";
}
