import { nodes, pods } from "../api/resources.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/event-recorder.ts";
import type { InformerSet } from "../client/informer-set.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import { ClaimBinder } from "./bind/claim-binder.ts";
import { Binder } from "./bind/binder.ts";
import { StatusReporter } from "./bind/status-reporter.ts";
import { type Eviction, Evictor, incompleteGroup, preemptionBy } from "./preempt/evictor.ts";
import { defaultConfiguration, type SchedulerConfiguration } from "./configuration/configuration.ts";
import { Hints } from "./explain/hint.ts";
import { reportWhole } from "./gang/report-whole.ts";
import { Inputs } from "./inputs.ts";
import type { QueuedPod } from "./queue/scheduling-queue.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import { type Placed, SchedulerCore, type Unplaced } from "./core.ts";

export interface SchedulerOptions {
  /** Its writes must stop when leadership is lost (client/fenced). */
  readonly client: Client;
  /** What the scheduler reads. May be shared with other components; whoever made it runs it. */
  readonly informers: InformerSet;
  /** Of component `default-scheduler`, style `events`. */
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly configuration?: Partial<SchedulerConfiguration>;
}

export interface Scheduler {
  /**
   * Schedules until `signal` aborts (leadership lost, shutdown): waits for the informers' first list, builds its snapshot from it, decides and binds.
   * Resolves when the writes in flight have ended. May be called again later: every run starts from the informers' state alone.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** @throws Error when the configuration names rules that do not exist */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const configuration = { ...defaultConfiguration, ...options.configuration };
  new SchedulerCore({ clock: options.clock, configuration });
  return { run: (signal) => new Run(options, configuration, signal).run() };
}

/** Deciding goes on for this long before other work of the process gets its turn. */
const SLICE_MS = 8;
const STALE_CHECK_MS = 30_000;

/** One term: from the informers' state to the abort of its signal. */
class Run {
  readonly #options: SchedulerOptions;
  readonly #configuration: SchedulerConfiguration;
  readonly #signal: AbortSignal;
  readonly #core: SchedulerCore;
  readonly #binder: Binder;
  readonly #reporter: StatusReporter;
  readonly #hints: Hints;
  readonly #binding = new Set<Promise<void>>();
  readonly #claimBinder: ClaimBinder;
  readonly #preparing = new Set<Promise<void>>();
  readonly #evictor: Evictor;
  readonly #evicting = new Set<Promise<void>>();
  #started = false;
  #scheduled = false;
  #timer: Timer | undefined;
  #stale: Timer | undefined;

  constructor(options: SchedulerOptions, configuration: SchedulerConfiguration, signal: AbortSignal) {
    this.#options = options;
    this.#configuration = configuration;
    this.#signal = signal;
    this.#core = new SchedulerCore({ clock: options.clock, configuration });
    this.#hints = new Hints(this.#core, options.clock);
    this.#binder = new Binder({ ...options, signal });
    this.#claimBinder = new ClaimBinder(options);
    this.#evictor = new Evictor(options);
    this.#reporter = new StatusReporter({ ...options, signal });
    this.#core.cluster.gangs.onWhole = (key) => void reportWhole(options, key, signal);
  }

  async run(): Promise<void> {
    const { informers, logger } = this.#options;
    const inputs = new Inputs({ ...this.#options, core: this.#core, onChange: () => this.#soon(), onPodGone: (key) => this.#reporter.forget(key), onClaim: (key, claim) => this.#claimBinder.claimChanged(key, claim) });
    try {
      // Both are wanted in any case: their first lists need not wait for each other.
      await Promise.all([informers.get(nodes).whenSynced(this.#signal), informers.get(pods).whenSynced(this.#signal)]);
      await inputs.start(this.#signal);
      this.#started = true;
      logger.info({ nodes: this.#core.snapshot.nodeCount, placed: this.#core.snapshot.placements.size, pending: this.#core.queue.size }, "scheduling");
      this.#checkStale();
      this.#soon();
      await Promise.all([inputs.follow(this.#signal), aborted(this.#signal)]);
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      inputs.stop();
      this.#timer?.cancel();
      this.#stale?.cancel();
      await Promise.all(this.#preparing);
      await Promise.all([...this.#binding, ...this.#evicting]);
      await this.#reporter.drained();
    }
  }

  /** Decides once what comes in now has all come in. */
  #soon(): void {
    if (this.#scheduled || !this.#started) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#signal.aborted) return;
    const { clock } = this.#options;
    const end_ms = clock.monotonic_ms() + SLICE_MS;
    while (this.#binding.size < this.#configuration.maxBindsInFlight) {
      const decision = this.#core.step();
      if (decision === undefined) return this.#waitForBackoff();
      if (decision.type === "placed") this.#place(decision);
      else this.#report(decision);
      if (clock.monotonic_ms() >= end_ms) {
        clock.after(0, () => this.#soon());
        return;
      }
    }
  }

  #waitForBackoff(): void {
    this.#timer?.cancel();
    const ready_ms = this.#core.queue.nextReady_ms();
    if (ready_ms === undefined) return;
    this.#timer = this.#options.clock.after(Math.max(1, ready_ms - this.#options.clock.monotonic_ms()), () => this.#soon());
  }

  #checkStale(): void {
    this.#stale = this.#options.clock.after(STALE_CHECK_MS, () => {
      this.#core.queue.flushStale();
      this.#soon();
      this.#checkStale();
    });
  }

  /** Binds, after the pod's claims where some are not bound yet: those wait beside the bindings, so that they hold up nobody. */
  #place(decision: Placed): void {
    if (decision.claims.length === 0) return this.#bind(decision, this.#binding);
    const { pod, node, claims } = decision;
    const preparing: Promise<void> = this.#claimBinder.bind(claims, node, this.#signal).then(
      () => {
        this.#preparing.delete(preparing);
        this.#bind(decision, this.#binding);
      },
      (error: unknown) => {
        this.#preparing.delete(preparing);
        this.#bindFailed(pod, node, error);
      },
    );
    this.#preparing.add(preparing);
  }

  #bind({ pod, node, devices }: Placed, inFlight: Set<Promise<void>>): void {
    const { info } = pod;
    const binding = this.#binder.bind(info, node, devices).then((result) => {
      inFlight.delete(binding);
      if (result.type === "failed") return this.#bindFailed(pod, node, result.error);
      this.#core.bound(pod);
      this.#reporter.forget(info.key);
      this.#options.recorder.event(info.pod, { type: "Normal", reason: "Scheduled", action: "Binding", message: `Successfully assigned ${info.key} to ${node}` });
      this.#soon();
    });
    inFlight.add(binding);
  }

  #bindFailed(pod: QueuedPod, node: string, error: unknown): void {
    this.#core.bindFailed(pod);
    if (!this.#signal.aborted) this.#options.logger.warn({ pod: pod.info.key, node, error: String(error) }, "binding failed; the pod is scheduled again");
    this.#soon();
  }

  #report(decision: Unplaced): void {
    const { pod, preemption } = decision;
    // kube-scheduler's text comes first: clients read it.
    const text = decision.text + this.#hints.for(pod.info, decision.diagnosis.reasons);
    const nominated = preemption?.node ?? (decision.unnominated.includes(pod.info) ? "" : undefined);
    if (this.#reporter.report(pod.info, "Unschedulable", text, nominated)) {
      this.#options.recorder.event(pod.info.pod, { type: "Warning", reason: "FailedScheduling", action: "Scheduling", message: text });
    }
    for (const other of decision.unnominated) if (other !== pod.info) this.#reporter.report(other, "Unschedulable", messageOf(other), "");
    for (const member of decision.release ?? []) this.#evict(member, pod, incompleteGroup(member));
    for (const victim of preemption?.victims ?? []) this.#evict(victim, pod, preemptionBy(pod.info, preemption!.node));
  }

  #evict(victim: PodInfo, pod: QueuedPod, why: Eviction): void {
    const evicting = this.#evictor.evict(victim, why, this.#signal).catch((error: unknown) => {
      if (!this.#signal.aborted) this.#options.logger.warn({ pod: victim.key, error: String(error) }, "a pod that is to make room could not be removed");
      this.#core.evictionFailed(victim, pod);
      this.#soon();
    });
    this.#evicting.add(evicting);
    void evicting.then(() => this.#evicting.delete(evicting));
  }
}

/** What its condition says now. */
function messageOf(pod: PodInfo): string {
  return pod.pod.status?.conditions?.find((condition) => condition.type === "PodScheduled")?.message ?? "";
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
