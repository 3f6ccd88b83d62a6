import type { CronJob, Job } from "../wire.ts";
import { defaultTemplate } from "./workload.ts";

type Spec = NonNullable<Job["spec"]>;

const BACKOFF_LIMIT = 6;
const MAX_INT32 = 2147483647;

/** Defaults of a Job. Its labels are those of its template (the same object, until the job is stored) where it has none. */
export function defaultJob(job: Job): void {
  const spec = (job.spec ??= {} as Spec);
  defaultJobBody(spec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : MAX_INT32;
  const labels = spec.template.metadata?.labels;
  if (labels && Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = labels;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.manualSelector ??= false;
}

function defaultJobBody(spec: Spec): void {
  defaultTemplate((spec.template ??= {}));
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
}

const SUCCEEDED_KEPT = 3;
const FAILED_KEPT = 1;

/** Defaults of a CronJob; those of its jobs come when they are made. */
export function defaultCronJob(cronJob: CronJob): void {
  const spec = (cronJob.spec ??= {} as NonNullable<CronJob["spec"]>);
  spec.jobTemplate ??= {};
  defaultJobBody((spec.jobTemplate.spec ??= {} as Spec));
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= SUCCEEDED_KEPT;
  spec.failedJobsHistoryLimit ??= FAILED_KEPT;
}
