import type { Job, Pod } from "../../api/wire.ts";
import { isPodActive, isPodReady, isPodTerminal } from "../shared/pods.ts";
import { type FailureVerdict, judgeFailure } from "./failure-policy.ts";
import { IndexSet } from "./indexes.ts";
import { failuresBefore, indexOf, isFailed, isIndexed, isSucceeded, isTracked } from "./pods.ts";

/** What a job's pods and status say together. */
export interface Tally {
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  /** All successes and failures, those included that the status does not count yet. */
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: IndexSet;
  readonly failedIndexes: IndexSet;
  /** Counts of the status after this round: those whose finalizer is gone are counted for good. */
  readonly counted: { readonly succeeded: number; readonly failed: number };
  /** Uids that are not counted for good yet. */
  readonly uncounted: { readonly succeeded: string[]; readonly failed: string[] };
  /** Pods that are no longer tracked once the status has been written. */
  readonly untrack: readonly Pod[];
  /** What the failure policy says, where it ends the job. */
  readonly failJob: FailureVerdict | undefined;
}

/** Uids that a status holds at most at once (kube-controller-manager: 500). */
const MAX_UNCOUNTED = 500;

/**
 * Counts pods exactly once though they may vanish at any time: an ended pod's uid goes into the status first, then its finalizer goes, and only
 * then is it a number (KEP-2307). `ending`: the job is over, every pod that has not succeeded counts as failed. Pure.
 */
export function tally(job: Job, pods: readonly Pod[], ending: boolean): Tally {
  const { status = {} } = job;
  const tracked = new Map(pods.filter(isTracked).map((pod) => [pod.metadata.uid ?? "", pod]));
  const before = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] };
  const waiting = (uids: readonly string[]) => uids.filter((uid) => tracked.has(uid));
  const uncounted = { succeeded: waiting(before.succeeded), failed: waiting(before.failed) };
  const counted = { succeeded: (status.succeeded ?? 0) + before.succeeded.length - uncounted.succeeded.length, failed: (status.failed ?? 0) + before.failed.length - uncounted.failed.length };
  const completedIndexes = IndexSet.parse(status.completedIndexes);
  const failedIndexes = IndexSet.parse(status.failedIndexes);
  const known = new Set([...before.succeeded, ...before.failed]);
  const untrack: Pod[] = [...tracked].filter(([uid]) => known.has(uid)).map(([, pod]) => pod);
  let failJob: FailureVerdict | undefined;
  for (const [uid, pod] of tracked) {
    if (known.has(uid) || uncounted.succeeded.length + uncounted.failed.length >= MAX_UNCOUNTED) continue;
    const index = indexOf(pod);
    if (isSucceeded(pod)) {
      if (isIndexed(job)) {
        if (index !== undefined && index < (job.spec?.completions ?? 0) && !failedIndexes.has(index)) completedIndexes.add(index);
      } else uncounted.succeeded.push(uid);
    } else if (isFailed(job, pod) || ending) {
      const verdict = isPodTerminal(pod) ? judgeFailure(job, pod) : { action: "Count" as const };
      if (verdict.action === "FailJob") failJob ??= verdict;
      if (verdict.action !== "Ignore") uncounted.failed.push(uid);
      if (index !== undefined && failsIndex(job, pod, verdict)) if (!completedIndexes.has(index)) failedIndexes.add(index);
    } else continue;
    untrack.push(pod);
  }
  const succeeded = isIndexed(job) ? completedIndexes.size : counted.succeeded + uncounted.succeeded.length;
  return {
    active: pods.filter(isPodActive),
    ready: pods.filter((pod) => isPodActive(pod) && isPodReady(pod)).length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)).length,
    succeeded,
    failed: counted.failed + uncounted.failed.length,
    completedIndexes,
    failedIndexes,
    counted: isIndexed(job) ? { ...counted, succeeded: completedIndexes.size } : counted,
    uncounted,
    untrack,
    failJob,
  };
}

/** With a limit for each index the index fails when its pod says so or has used it up. */
function failsIndex(job: Job, pod: Pod, verdict: FailureVerdict): boolean {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined || verdict.action === "Ignore") return false;
  return verdict.action === "FailIndex" || failuresBefore(pod) >= limit;
}
