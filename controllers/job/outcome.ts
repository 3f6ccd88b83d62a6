import type { Job, Pod } from "../../api/wire.ts";
import { IndexSet } from "./indexes.ts";
import { isIndexed } from "./pods.ts";
import type { Tally } from "./tally.ts";

export type JobCondition = NonNullable<NonNullable<Job["status"]>["conditions"]>[number];

/** How a job ends. */
export interface Outcome {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

export function isFinished(job: Job): boolean {
  return conditionOf(job, "Complete") !== undefined || conditionOf(job, "Failed") !== undefined;
}

/** What was decided before and waits for the pods to end. */
export function decidedOutcome(job: Job): Outcome | undefined {
  const failure = conditionOf(job, "FailureTarget");
  if (failure !== undefined) return { type: "Failed", reason: failure.reason ?? "", message: failure.message ?? "" };
  const success = conditionOf(job, "SuccessCriteriaMet");
  return success && { type: "Complete", reason: success.reason ?? "", message: success.message ?? "" };
}

/** Whether the job is over now, and how; undefined while it goes on. Pure. */
export function decideOutcome(job: Job, tally: Tally, now_ms: number): Outcome | undefined {
  return failureOf(job, tally, now_ms) ?? successOf(job, tally);
}

function failureOf(job: Job, tally: Tally, now_ms: number): Outcome | undefined {
  const { backoffLimit = 6, backoffLimitPerIndex, maxFailedIndexes, completions = 1 } = job.spec ?? {};
  const failed = (reason: string, message: string): Outcome => ({ type: "Failed", reason, message });
  if (tally.failJob !== undefined) return failed("PodFailurePolicy", tally.failJob.message ?? "");
  if (tally.failed > backoffLimit || restartsExceed(job, tally.active, backoffLimit)) return failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  if ((timeToDeadline_ms(job, now_ms) ?? 1) <= 0) return failed("DeadlineExceeded", "Job was active longer than specified deadline");
  if (backoffLimitPerIndex === undefined || tally.failedIndexes.size === 0) return undefined;
  if (maxFailedIndexes !== undefined && tally.failedIndexes.size > maxFailedIndexes) return failed("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  return tally.failedIndexes.size + tally.completedIndexes.size >= completions ? failed("FailedIndexes", "Job has failed indexes") : undefined;
}

/** Containers that a pod restarts itself count as failures of the job while they run. */
function restartsExceed(job: Job, active: readonly Pod[], limit: number): boolean {
  if (job.spec?.template.spec?.restartPolicy !== "OnFailure") return false;
  const statuses = active.filter((pod) => pod.status?.phase === "Running" || pod.status?.phase === "Pending").flatMap((pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]);
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until activeDeadlineSeconds are over; undefined without a deadline or while it does not run. */
export function timeToDeadline_ms(job: Job, now_ms: number): number | undefined {
  const { activeDeadlineSeconds, suspend } = job.spec ?? {};
  const start = job.status?.startTime;
  if (activeDeadlineSeconds === undefined || suspend || start === undefined) return undefined;
  return Date.parse(start) + activeDeadlineSeconds * 1000 - now_ms;
}

function successOf(job: Job, tally: Tally): Outcome | undefined {
  const { completions, suspend } = job.spec ?? {};
  if (suspend && completions !== 0) return undefined;
  const rule = matchedRule(job, tally);
  if (rule !== undefined) return { type: "Complete", reason: "SuccessPolicy", message: `Matched rules at index ${rule}` };
  const reached = completions === undefined ? tally.succeeded > 0 && tally.active.length === 0 : tally.succeeded >= completions && tally.active.length === 0;
  return reached ? { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" } : undefined;
}

/** Index of the first rule of the success policy that is met (KEP-3998). */
function matchedRule(job: Job, { completedIndexes }: Tally): number | undefined {
  const rules = isIndexed(job) ? (job.spec?.successPolicy?.rules ?? []) : [];
  const index = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return completedIndexes.size >= (succeededCount ?? Number.POSITIVE_INFINITY);
    const wanted = IndexSet.parse(succeededIndexes);
    return wanted.countIn(completedIndexes) >= (succeededCount ?? wanted.size);
  });
  return index < 0 ? undefined : index;
}
