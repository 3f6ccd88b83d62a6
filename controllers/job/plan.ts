import type { Job, Pod } from "../../api/wire.ts";
import { compareForDeletion } from "../replica-set/rank.ts";
import { endedAt_ms, failuresBefore, indexOf, isFailed, isIndexed, isSucceeded, replacesOnlyFailed } from "./pods.ts";
import type { Tally } from "./tally.ts";

/** Most pods that one reconcile creates or deletes. */
const BURST = 500;
/** A failed pod is replaced after this, doubling with each failure since the last success. */
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 600_000;

export interface JobPlan {
  /** Pods to make, with their index where they have one. */
  readonly create: { readonly index: number | undefined; readonly failures: number | undefined }[];
  readonly remove: readonly Pod[];
  /** When a pod that waits for its backoff may be made. */
  readonly retry_ms: number | undefined;
}

/** Which pods to make or delete so that as many run as the job wants. Not for a job that is over. Pure. */
export function planJob(job: Job, pods: readonly Pod[], tally: Tally, now_ms: number): JobPlan {
  if (job.spec?.suspend) return { create: [], remove: tally.active.slice(0, BURST), retry_ms: undefined };
  const wanted = wantedActive(job, tally);
  const surplus = tally.active.length - wanted;
  if (surplus > 0) return { create: [], remove: forRemoval(job, tally.active, surplus, now_ms), retry_ms: undefined };
  const going = replacesOnlyFailed(job) ? tally.terminating : 0;
  const missing = Math.min(wanted - tally.active.length - going, BURST);
  if (missing <= 0) return { create: [], remove: [], retry_ms: undefined };
  return isIndexed(job) ? planIndexed(job, pods, tally, missing, now_ms) : planPlain(job, pods, missing, now_ms);
}

function wantedActive(job: Job, tally: Tally): number {
  const { parallelism = 1, completions } = job.spec ?? {};
  // A work queue: once one has succeeded, no more are started.
  if (completions === undefined) return tally.succeeded > 0 ? tally.active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - tally.succeeded - tally.failedIndexes.size));
}

function forRemoval(job: Job, active: readonly Pod[], count: number, now_ms: number): Pod[] {
  const ranked = active.map((pod) => ({ pod, crowd: 0 })).sort((a, b) => compareForDeletion(a, b, now_ms)).map(({ pod }) => pod);
  if (!isIndexed(job)) return ranked.slice(0, Math.min(count, BURST));
  // Of two pods of one index one goes first, then the highest indexes.
  const seen = new Set<number>();
  const doubles = ranked.toReversed().filter((pod) => {
    const index = indexOf(pod) ?? -1;
    if (seen.has(index)) return true;
    seen.add(index);
    return false;
  });
  const singles = ranked.filter((pod) => !doubles.includes(pod)).sort((a, b) => (indexOf(b) ?? 0) - (indexOf(a) ?? 0));
  return [...doubles, ...singles].slice(0, Math.min(count, BURST));
}

function planPlain(job: Job, pods: readonly Pod[], missing: number, now_ms: number): JobPlan {
  const wait_ms = backoff_ms(job, pods, now_ms);
  if (wait_ms > 0) return { create: [], remove: [], retry_ms: wait_ms };
  return { create: Array.from({ length: missing }, () => ({ index: undefined, failures: undefined })), remove: [], retry_ms: undefined };
}

/** Milliseconds until the next pod may be made after failures. */
function backoff_ms(job: Job, pods: readonly Pod[], now_ms: number): number {
  const lastSuccess_ms = Math.max(0, ...pods.filter(isSucceeded).map(endedAt_ms));
  const failures = pods.filter((pod) => isFailed(job, pod) && endedAt_ms(pod) >= lastSuccess_ms);
  if (failures.length === 0) return 0;
  const delay_ms = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (failures.length - 1));
  return Math.max(0, Math.max(...failures.map(endedAt_ms)) + delay_ms - now_ms);
}

function planIndexed(job: Job, pods: readonly Pod[], tally: Tally, missing: number, now_ms: number): JobPlan {
  const { completions = 0, backoffLimitPerIndex } = job.spec ?? {};
  const perIndex = backoffLimitPerIndex !== undefined;
  const common_ms = perIndex ? 0 : backoff_ms(job, pods, now_ms);
  if (common_ms > 0) return { create: [], remove: [], retry_ms: common_ms };
  const busy = new Set(tally.active.map(indexOf));
  if (replacesOnlyFailed(job)) for (const pod of pods) if (pod.metadata.deletionTimestamp !== undefined && !isFailed(job, pod)) busy.add(indexOf(pod));
  const byIndex = perIndex ? Map.groupBy(pods.filter((pod) => isFailed(job, pod)), indexOf) : new Map<number | undefined, Pod[]>();
  const create: { index: number; failures: number | undefined }[] = [];
  let retry_ms: number | undefined;
  for (let index = 0; index < completions && create.length < missing; index++) {
    if (busy.has(index) || tally.completedIndexes.has(index) || tally.failedIndexes.has(index)) continue;
    const failed = byIndex.get(index) ?? [];
    const wait_ms = perIndex ? backoff_ms(job, failed, now_ms) : 0;
    if (wait_ms > 0) retry_ms = Math.min(retry_ms ?? wait_ms, wait_ms);
    else create.push({ index, failures: perIndex ? Math.max(0, ...failed.map((pod) => failuresBefore(pod) + 1)) : undefined });
  }
  return { create, remove: [], retry_ms };
}
