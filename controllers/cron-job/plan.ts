import type { CronJob, Job } from "../../api/wire.ts";
import { conditionOf, isFinished } from "../job/outcome.ts";
import { nextTime_ms, type Schedule } from "./schedule.ts";

/** What a look at the schedule shows. */
export interface Due {
  /** The latest time that has come and was not acted on; undefined when there is none. */
  readonly due_ms: number | undefined;
  /** When to look again; undefined: never. */
  readonly next_ms: number | undefined;
  /** Times that were missed before the latest one. */
  readonly missed: number;
}

/** More missed times than this are a sign of trouble (a clock that jumped, a controller that was away). */
export const TOO_MANY = 100;

/** The latest time since the last one that was acted on, not further back than startingDeadlineSeconds. Pure. */
export function findDue(cron: CronJob, schedule: Schedule, zone: string, now_ms: number): Due {
  const last = cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? "";
  const deadline_s = cron.spec?.startingDeadlineSeconds;
  const earliest_ms = Math.max(Date.parse(last) || 0, deadline_s === undefined ? 0 : now_ms - deadline_s * 1000);
  const first = nextTime_ms(schedule, earliest_ms, zone);
  if (first === undefined || first > now_ms) return { due_ms: undefined, next_ms: first, missed: 0 };
  let due_ms = first;
  let missed = 0;
  for (let next = nextTime_ms(schedule, due_ms, zone); ; next = nextTime_ms(schedule, due_ms, zone)) {
    if (next === undefined || next > now_ms) return { due_ms, next_ms: next, missed };
    missed++;
    // After so many the next one is estimated from the distance, so that a second's schedule after a year does not take an hour.
    due_ms = missed > TOO_MANY && schedule.type === "every" ? next + Math.floor((now_ms - next) / schedule.period_ms) * schedule.period_ms : missed > TOO_MANY ? latestFrom(schedule, next, zone, now_ms) : next;
  }
}

/** The latest time up to now, looked for in growing distances back from it. */
function latestFrom(schedule: Schedule, from_ms: number, zone: string, now_ms: number): number {
  for (let back_ms = 60_000; now_ms - back_ms > from_ms; back_ms *= 4) {
    const found = nextTime_ms(schedule, now_ms - back_ms, zone);
    if (found !== undefined && found <= now_ms) return found;
  }
  return from_ms;
}

/** Name of the job of one time: minutes since 1970, so that it is made once. */
export function jobName(cron: CronJob, due_ms: number): string {
  return `${cron.metadata.name}-${Math.floor(due_ms / 60_000)}`;
}

/** Finished jobs beyond the limits of the history, the oldest first. Pure. */
export function planHistory(cron: CronJob, jobs: readonly Job[]): Job[] {
  const { successfulJobsHistoryLimit: good, failedJobsHistoryLimit: bad } = cron.spec ?? {};
  const beyond = (type: string, limit: number | undefined) => {
    const ended = jobs.filter((job) => conditionOf(job, type) !== undefined && job.metadata.deletionTimestamp === undefined).sort(byStart);
    return limit === undefined ? [] : ended.slice(0, Math.max(0, ended.length - limit));
  };
  return [...beyond("Complete", good), ...beyond("Failed", bad)];
}

function byStart(a: Job, b: Job): number {
  const start = (job: Job) => job.status?.startTime ?? job.metadata.creationTimestamp ?? "";
  return start(a) < start(b) ? -1 : start(a) > start(b) ? 1 : (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}

export function unfinished(jobs: readonly Job[]): Job[] {
  return jobs.filter((job) => !isFinished(job));
}
