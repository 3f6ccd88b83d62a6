import { jobs, pods } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { Job, Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { OwnedObjects } from "../shared/owned-objects.ts";
import { controllerOf, controllerRef } from "../shared/owner.ts";
import { isNamespaceTerminating, PodControl } from "../shared/pod-control.ts";
import { slowStart } from "../shared/slow-start.ts";
import { WriteTracker } from "../shared/write-tracker.ts";
import { conditionOf, decidedOutcome, decideOutcome, isFinished, type Outcome, timeToDeadline_ms } from "./outcome.ts";
import { type JobPlan, planJob } from "./plan.ts";
import { isTracked, TRACKING, templateFor } from "./pods.ts";
import { jobStatus, sameJobStatus } from "./status.ts";
import { type Tally, tally } from "./tally.ts";

const MANAGER = "kubernetes.io/job-controller";
/** Queue keys of tracked pods whose job is gone. */
const ORPHAN = "orphan:";
const UNSETTLED_MS = 1000;

/** Runs pods until as many have succeeded as each Job wants. */
export class JobController implements Controller {
  readonly name = "job-controller";
  readonly #context: ControllerContext;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedObjects<Job, Pod>;
  readonly #podControl: PodControl;
  readonly #writes: WriteTracker<Pod>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#jobs = context.informers.get(jobs);
    this.#pods = context.informers.get(pods);
    this.#owned = new OwnedObjects(context, { owners: jobs, owned: pods, selectorOf: (job) => matcherOf(job.spec?.selector), finalizer: TRACKING });
    this.#podControl = new PodControl(context.client, context.random, context.events);
    this.#writes = new WriteTracker(this.#pods);
    const reconcile = (key: string) => (key.startsWith(ORPHAN) ? this.#reconcileOrphan(key.slice(ORPHAN.length)) : this.#reconcile(key));
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 5, reconcile });
    const enqueue = (job: Job) => this.#loop.queue.add(keyOf(job));
    this.#jobs.addHandler({
      add: enqueue,
      update: enqueue,
      delete: (job) => {
        enqueue(job);
        for (const pod of this.#owned.of(job.metadata.uid)) this.#onPod(pod);
      },
    });
    this.#owned.follow((key) => this.#loop.queue.add(key));
    this.#pods.addHandler({ add: (pod) => this.#onPod(pod), update: (pod) => this.#onPod(pod) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  /** A tracked pod without its job is let go. */
  #onPod(pod: Pod): void {
    if (!isTracked(pod)) return;
    const owner = controllerOf(pod);
    const job = owner?.kind === jobs.kind ? this.#jobs.get(`${pod.metadata.namespace}/${owner.name}`) : undefined;
    if (job?.metadata.uid !== owner?.uid || owner === undefined) this.#loop.queue.add(ORPHAN + keyOf(pod));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const job = this.#jobs.get(key);
    if (job === undefined) this.#writes.forget(key);
    if (job === undefined || (job.spec?.managedBy ?? MANAGER) !== MANAGER) return undefined;
    if (!this.#writes.settled(key)) return { requeueAfter_ms: UNSETTLED_MS };
    if (job.metadata.deletionTimestamp !== undefined || isFinished(job)) {
      await Promise.all(this.#owned.of(job.metadata.uid).filter(isTracked).map((pod) => this.#untrack(pod)));
      return undefined;
    }
    const mine = await this.#owned.claim(job);
    const now_ms = this.#context.clock.now_ms();
    const decided = decidedOutcome(job);
    let count = tally(job, mine, decided?.type === "Failed");
    const outcome = decided ?? decideOutcome(job, count, now_ms);
    if (decided === undefined && outcome?.type === "Failed") count = tally(job, mine, true);
    const plan = outcome === undefined ? planJob(job, mine, count, now_ms) : { create: [], remove: count.active, retry_ms: undefined };
    // A job that is suspended or not begun first says so.
    const begun = job.status?.startTime !== undefined || job.spec?.suspend;
    const { active, error } = begun ? await this.#apply(job, key, plan, count, outcome) : { active: 0, error: undefined };
    await this.#writeStatus(job, count, active, outcome, now_ms);
    await Promise.all(count.untrack.map((pod) => this.#untrack(pod)));
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    const deadline_ms = outcome === undefined ? timeToDeadline_ms(job, now_ms) : undefined;
    const again_ms = Math.min(plan.retry_ms ?? Number.POSITIVE_INFINITY, deadline_ms ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(again_ms) ? { requeueAfter_ms: Math.max(again_ms, 1) } : undefined;
  }

  /** Makes and deletes pods. @returns how many are active afterwards, and the first error */
  async #apply(job: Job, key: string, plan: JobPlan, { active }: Tally, outcome: Outcome | undefined): Promise<{ active: number; error: unknown }> {
    const { namespace = "", name = "" } = job.metadata;
    const created = await slowStart(plan.create.length, 1, async (position) => {
      const { index, failures } = plan.create[position] ?? { index: undefined, failures: undefined };
      const generateName = index === undefined ? `${name}-` : `${name}-${index}-`;
      const pod = await this.#podControl.create(job, { namespace, template: templateFor(job, index, failures), owner: controllerRef(job, jobs), generateName });
      this.#writes.wrote(key, keyOf(pod), pod);
    });
    const removed = await slowStart(plan.remove.length, plan.remove.length, async (position) => {
      const pod = plan.remove[position];
      if (pod === undefined) return;
      // What we delete ourselves is no failure, unless the job fails.
      if (outcome?.type !== "Failed") await this.#untrack(pod);
      await this.#podControl.delete(job, pod);
      this.#writes.deleted(key, keyOf(pod), pod.metadata.uid ?? "");
    });
    const left = outcome?.type === "Failed" ? 0 : active.length - removed.succeeded;
    return { active: left + created.succeeded, error: created.error ?? removed.error };
  }

  async #writeStatus(job: Job, count: Tally, active: number, outcome: Outcome | undefined, now_ms: number): Promise<void> {
    const status = jobStatus({ job, tally: count, active, outcome, now_ms });
    if (sameJobStatus(job.status, status)) return;
    const updated = await this.#context.client.update(jobs, { ...job, status }, { subresource: "status" });
    this.#announce(job, updated);
  }

  #announce(old: Job, job: Job): void {
    const tell = (type: "Normal" | "Warning", reason: string, message: string) => this.#context.events.event(job, { type, reason, message });
    const became = (type: string) => (conditionOf(old, type) === undefined ? conditionOf(job, type) : undefined);
    const failed = became("Failed");
    if (failed !== undefined) tell("Warning", failed.reason ?? "", failed.message ?? "");
    if (became("Complete") !== undefined) tell("Normal", "Completed", "Job completed");
    if (became("Suspended") !== undefined) tell("Normal", "Suspended", "Job suspended");
    else if (conditionOf(old, "Suspended") !== undefined && conditionOf(job, "Suspended") === undefined) tell("Normal", "Resumed", "Job resumed");
  }

  /** The pod is counted, or need not be: it may go. */
  async #untrack(pod: Pod): Promise<void> {
    const { namespace, name = "", uid, finalizers = [], resourceVersion } = pod.metadata;
    try {
      await this.#context.client.patch(pods, { namespace, name }, "merge", { metadata: { uid, resourceVersion, finalizers: finalizers.filter((finalizer) => finalizer !== TRACKING) } });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }

  /** A tracked pod of a job that the cache does not show: the server knows whether it is gone. */
  async #reconcileOrphan(key: string): Promise<ReconcileResult> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !isTracked(pod)) return undefined;
    const owner = controllerOf(pod);
    if (owner?.kind === jobs.kind) {
      const job = await this.#context.client.get(jobs, { namespace: pod.metadata.namespace, name: owner.name }).catch((error: unknown) => {
        if (isReason(error, "NotFound")) return undefined;
        throw error;
      });
      if (job?.metadata.uid === owner.uid) return undefined;
    }
    await this.#untrack(pod);
    return undefined;
  }
}
