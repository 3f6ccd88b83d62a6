import { cronjobs, jobs } from "../../api/resources.ts";
import type { CronJob, Job } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { conditionOf, isFinished } from "../job/outcome.ts";
import { semanticEqual } from "../shared/equal.ts";
import { byController, CONTROLLER_INDEX, controllerOf, controllerRef, groupOf } from "../shared/owner.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";
import { findDue, jobName, planHistory, TOO_MANY, unfinished } from "./plan.ts";
import { parseSchedule, type Schedule } from "./schedule.ts";
import { localTime, zonedRfc3339 } from "./zone.ts";

const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** A moment after the time itself, so that it has come for sure. */
const GRACE_MS = 100;

type CronStatus = NonNullable<CronJob["status"]>;
type Reference = NonNullable<CronStatus["active"]>[number];

/** Starts a Job for each CronJob whenever its time comes. */
export class CronJobController implements Controller {
  readonly name = "cronjob-controller";
  readonly #context: ControllerContext;
  readonly #crons: Informer<CronJob>;
  readonly #jobs: Informer<Job>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#crons = context.informers.get(cronjobs);
    this.#jobs = context.informers.get(jobs);
    this.#jobs.addIndex(CONTROLLER_INDEX, byController);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 5, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (cron: CronJob) => this.#loop.queue.add(keyOf(cron));
    this.#crons.addHandler({ add: enqueue, update: enqueue });
    const enqueueOwner = (job: Job) => {
      const owner = controllerOf(job);
      if (owner?.kind === cronjobs.kind && groupOf(owner.apiVersion) === cronjobs.group) this.#loop.queue.add(`${job.metadata.namespace}/${owner.name}`);
    };
    this.#jobs.addHandler({ add: enqueueOwner, update: enqueueOwner, delete: enqueueOwner });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const cron = this.#crons.get(key);
    if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return undefined;
    const mine = [...this.#jobs.byIndex(CONTROLLER_INDEX, cron.metadata.uid ?? "")];
    for (const job of planHistory(cron, mine)) await this.#deleteJob(cron, job);
    const run = new Run(this.#context, cron, mine);
    await run.sweep();
    const timing = cron.spec?.suspend ? undefined : this.#timing(cron);
    const result = timing === undefined ? undefined : await run.start(timing);
    await run.writeStatus();
    return result;
  }

  #timing(cron: CronJob): { schedule: Schedule; zone: string } | undefined {
    const { schedule: text = "", timeZone } = cron.spec ?? {};
    const zone = timeZone ?? "UTC";
    try {
      localTime(0, zone);
    } catch {
      this.#warn(cron, "UnknownTimeZone", `invalid timeZone: "${zone}"`);
      return undefined;
    }
    try {
      return { schedule: parseSchedule(text), zone };
    } catch (error) {
      this.#warn(cron, "UnparseableSchedule", `unparseable schedule: ${JSON.stringify(text)} : ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  async #deleteJob(cron: CronJob, job: Job): Promise<void> {
    const { namespace, name = "", uid = "" } = job.metadata;
    try {
      await this.#context.client.delete(jobs, { namespace, name }, { propagationPolicy: "Background", preconditions: { uid } });
      this.#context.events.event(cron, { type: "Normal", reason: "SuccessfulDelete", message: `Deleted job ${name}` });
    } catch (error) {
      if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
    }
  }

  #warn(cron: CronJob, reason: string, message: string): void {
    this.#context.events.event(cron, { type: "Warning", reason, message });
  }
}

/** One look at a CronJob: what is active, what is due, and the status that follows. */
class Run {
  readonly #context: ControllerContext;
  readonly #cron: CronJob;
  readonly #jobs: readonly Job[];
  #status: CronStatus;

  constructor(context: ControllerContext, cron: CronJob, mine: readonly Job[]) {
    this.#context = context;
    this.#cron = cron;
    this.#jobs = mine;
    this.#status = { ...cron.status };
  }

  /** Takes finished and vanished jobs off the active ones. */
  async sweep(): Promise<void> {
    const active: Reference[] = [];
    for (const reference of this.#status.active ?? []) {
      const job = this.#jobs.find(({ metadata }) => metadata.uid === reference.uid) ?? (await this.#live(reference));
      if (job === undefined) this.#tell("MissingJob", `Active job went missing: ${reference.name}`);
      else if (!isFinished(job)) active.push(reference);
      else this.#tell("SawCompletedJob", `Saw completed job: ${reference.name}, condition: ${conditionOf(job, "Complete") === undefined ? "Failed" : "Complete"}`);
    }
    for (const job of unfinished(this.#jobs)) {
      if (active.some(({ uid }) => uid === job.metadata.uid) || job.metadata.deletionTimestamp !== undefined) continue;
      active.push(referenceTo(job));
    }
    const successes = this.#jobs.map((job) => (conditionOf(job, "Complete") === undefined ? undefined : job.status?.completionTime)).filter((time) => time !== undefined);
    const lastSuccess = [...successes, this.#status.lastSuccessfulTime ?? ""].sort().at(-1);
    this.#status = { ...this.#status, active, ...(lastSuccess ? { lastSuccessfulTime: lastSuccess } : {}) };
  }

  /** A job that was just made may not be in the cache yet. */
  async #live({ name = "", uid }: Reference): Promise<Job | undefined> {
    try {
      const job = await this.#context.client.get(jobs, { namespace: this.#cron.metadata.namespace, name });
      return job.metadata.uid === uid ? job : undefined;
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  async start({ schedule, zone }: { schedule: Schedule; zone: string }): Promise<ReconcileResult> {
    const now_ms = this.#context.clock.now_ms();
    const { due_ms, next_ms, missed } = findDue(this.#cron, schedule, zone, now_ms);
    const again: ReconcileResult = next_ms === undefined ? undefined : { requeueAfter_ms: next_ms - now_ms + GRACE_MS };
    if (missed > TOO_MANY) this.#tell("TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew", "Warning");
    if (due_ms === undefined) return again;
    const deadline_s = this.#cron.spec?.startingDeadlineSeconds;
    if (deadline_s !== undefined && due_ms + deadline_s * 1000 < now_ms) {
      this.#tell("MissSchedule", `Missed scheduled time to start a job: ${rfc3339(due_ms)}`, "Warning");
      return again;
    }
    const active = this.#status.active ?? [];
    if (this.#cron.spec?.concurrencyPolicy === "Forbid" && active.length > 0) {
      this.#tell("JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
      return again;
    }
    if (this.#cron.spec?.concurrencyPolicy === "Replace") for (const reference of active) await this.#replace(reference);
    await this.#create(due_ms, zone);
    return again;
  }

  async #replace(reference: Reference): Promise<void> {
    const { name = "", uid = "" } = reference;
    try {
      await this.#context.client.delete(jobs, { namespace: this.#cron.metadata.namespace, name }, { propagationPolicy: "Background", preconditions: { uid } });
      this.#tell("SuccessfulDelete", `Deleted job ${name}`);
    } catch (error) {
      if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
    }
    this.#status = { ...this.#status, active: (this.#status.active ?? []).filter((other) => other.uid !== uid) };
  }

  async #create(due_ms: number, zone: string): Promise<void> {
    const { namespace = "" } = this.#cron.metadata;
    const { jobTemplate } = this.#cron.spec ?? {};
    const name = jobName(this.#cron, due_ms);
    const { labels, annotations } = jobTemplate?.metadata ?? {};
    const metadata = { name, namespace, ...(labels ? { labels } : {}), annotations: { ...annotations, [SCHEDULED]: zonedRfc3339(due_ms, zone) }, ownerReferences: [controllerRef(this.#cron, cronjobs)] };
    try {
      const job = await this.#context.client.create(jobs, { apiVersion: "batch/v1", kind: "Job", metadata, ...(jobTemplate?.spec ? { spec: jobTemplate.spec } : {}) });
      this.#tell("SuccessfulCreate", `Created job ${name}`);
      this.#note(job, due_ms);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isReason(error, "AlreadyExists")) {
        this.#tell("FailedCreate", `Error creating job: ${error instanceof Error ? error.message : String(error)}`, "Warning");
        throw error;
      }
      // Made before a restart, or somebody else's.
      const job = await this.#context.client.get(jobs, { namespace, name });
      if (controllerOf(job)?.uid !== this.#cron.metadata.uid) throw error;
      this.#note(job, due_ms);
    }
  }

  #note(job: Job, due_ms: number): void {
    const active = this.#status.active ?? [];
    const known = isFinished(job) || active.some(({ uid }) => uid === job.metadata.uid);
    this.#status = { ...this.#status, active: known ? active : [...active, referenceTo(job)], lastScheduleTime: rfc3339(due_ms) };
  }

  async writeStatus(): Promise<void> {
    const { active = [], ...rest } = this.#status;
    const status: CronStatus = { ...rest, ...(active.length > 0 ? { active } : {}) };
    if (!semanticEqual(status, this.#cron.status)) await this.#context.client.update(cronjobs, { ...this.#cron, status }, { subresource: "status" });
  }

  #tell(reason: string, message: string, type: "Normal" | "Warning" = "Normal"): void {
    this.#context.events.event(this.#cron, { type, reason, message });
  }
}

function referenceTo({ metadata }: Job): Reference {
  const { name = "", namespace = "", uid = "", resourceVersion = "" } = metadata;
  return { apiVersion: "batch/v1", kind: "Job", name, namespace, uid, resourceVersion };
}
