import type { Job } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { semanticEqual } from "../shared/equal.ts";
import type { JobCondition, Outcome } from "./outcome.ts";
import { isIndexed } from "./pods.ts";
import type { Tally } from "./tally.ts";

export type JobStatus = NonNullable<Job["status"]>;

export interface StatusInput {
  readonly job: Job;
  readonly tally: Tally;
  readonly active: number;
  readonly outcome: Outcome | undefined;
  readonly now_ms: number;
}

/** The status as it should be. The final condition comes when all pods have ended and are counted. Pure. */
export function jobStatus({ job, tally, active, outcome, now_ms }: StatusInput): JobStatus {
  const { startTime, conditions = [] } = job.status ?? {};
  const now = rfc3339(now_ms);
  const suspended = job.spec?.suspend ?? false;
  const { succeeded, failed } = tally.uncounted;
  const uncounted = { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
  const settled = active === 0 && tally.terminating === 0 && succeeded.length + failed.length === 0;
  const done = outcome !== undefined && settled;
  const resumed = !suspended && conditions.some((condition) => condition.type === "Suspended" && condition.status === "True");
  const start = suspended && outcome === undefined ? undefined : resumed ? now : (startTime ?? now);
  return {
    ...(start === undefined ? {} : { startTime: start }),
    ...(tally.counted.succeeded > 0 ? { succeeded: tally.counted.succeeded } : {}),
    ...(tally.counted.failed > 0 ? { failed: tally.counted.failed } : {}),
    ...(active > 0 ? { active } : {}),
    ready: Math.min(tally.ready, active),
    terminating: tally.terminating,
    ...(isIndexed(job) && tally.completedIndexes.size > 0 ? { completedIndexes: String(tally.completedIndexes) } : {}),
    ...(job.spec?.backoffLimitPerIndex === undefined ? {} : { failedIndexes: String(tally.failedIndexes) }),
    uncountedTerminatedPods: uncounted,
    ...(done && outcome.type === "Complete" ? { completionTime: now } : {}),
    ...withConditions(nextConditions(conditions, { suspended, outcome, done }, now)),
  };
}

function withConditions(conditions: JobCondition[]): { conditions?: JobCondition[] } {
  return conditions.length > 0 ? { conditions } : {};
}

function nextConditions(old: readonly JobCondition[], state: { suspended: boolean; outcome: Outcome | undefined; done: boolean }, now: string): JobCondition[] {
  const conditions = [...old];
  const add = (type: string, status: string, reason: string, message: string) => conditions.push({ type, status, reason, message, lastProbeTime: now, lastTransitionTime: now });
  const at = conditions.findIndex((condition) => condition.type === "Suspended");
  if (state.outcome === undefined && state.suspended !== (conditions[at]?.status === "True")) {
    if (at >= 0) conditions.splice(at, 1);
    if (state.suspended) add("Suspended", "True", "JobSuspended", "Job suspended");
    else if (at >= 0) add("Suspended", "False", "JobResumed", "Job resumed");
  }
  if (state.outcome === undefined) return conditions;
  const { type, reason, message } = state.outcome;
  const target = type === "Failed" ? "FailureTarget" : "SuccessCriteriaMet";
  if (!conditions.some((condition) => condition.type === target)) add(target, "True", reason, message);
  if (state.done) add(type, "True", reason, message);
  return conditions;
}

export function sameJobStatus(a: JobStatus | undefined, b: JobStatus): boolean {
  const fields = (status: JobStatus = {}) => [
    status.startTime,
    status.completionTime,
    status.succeeded ?? 0,
    status.failed ?? 0,
    status.active ?? 0,
    status.ready ?? 0,
    status.terminating ?? 0,
    status.completedIndexes ?? "",
    status.failedIndexes,
    status.uncountedTerminatedPods?.succeeded,
    status.uncountedTerminatedPods?.failed,
    status.conditions,
  ];
  return a !== undefined && semanticEqual(fields(a), fields(b));
}
