import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import { CompactedError, type Store } from "./store.ts";

export interface CompactionPolicy {
  /** History younger than this is kept: paged lists and interrupted watches come back within it. */
  readonly keep_ms: number;
  /** So many of the newest revisions are kept, however old. */
  readonly keepRevisions: number;
  /** Older revisions than this are given up, however young: bounds the data when writes are many. At least keepRevisions. */
  readonly maxRevisions: number;
  /** How often to look. */
  readonly interval_ms: number;
}

export const DEFAULT_COMPACTION: CompactionPolicy = { keep_ms: 300_000, keepRevisions: 10_000, maxRevisions: 1_000_000, interval_ms: 60_000 };

export interface Sample {
  readonly at_ms: number;
  readonly revision: number;
}

export interface CompactionPlan {
  /** The revision to compact to; absent: nothing to do. */
  readonly compactTo?: number;
  /** What to hand in the next time. */
  readonly samples: readonly Sample[];
}

/**
 * Decides what to compact from what was seen before and now. Pure. Time is that of one process, monotonic, and only what this process
 * itself saw as newest at least `keep_ms` ago is old: so any number of servers on one etcd can do this side by side without a word
 * to each other, whatever their clocks say; a server that has just started compacts nothing before `keep_ms` have passed.
 */
export function planCompaction(samples: readonly Sample[], now: Sample, policy: CompactionPolicy): CompactionPlan {
  const all = [...samples, now];
  const old = all.findLast((sample) => sample.at_ms <= now.at_ms - policy.keep_ms);
  const byAge = Math.min(old?.revision ?? 0, now.revision - policy.keepRevisions);
  const compactTo = Math.max(byAge, now.revision - policy.maxRevisions);
  const remembered = old === undefined ? all : all.slice(all.indexOf(old));
  return compactTo > 0 ? { compactTo, samples: remembered } : { samples: remembered };
}

/**
 * Compacts the store by the policy until `signal` aborts. Failures are logged and tried again at the next look; a revision that another
 * server has compacted already is fine.
 */
export async function compactPeriodically(store: Store, policy: CompactionPolicy, clock: Clock, logger: Logger, signal: AbortSignal): Promise<void> {
  let samples: readonly Sample[] = [];
  let compactedTo = 0;
  while (!signal.aborted) {
    try {
      const plan = planCompaction(samples, { at_ms: clock.monotonic_ms(), revision: await store.revision() }, policy);
      samples = plan.samples;
      if (plan.compactTo !== undefined && plan.compactTo > compactedTo) {
        await store.compact(plan.compactTo);
        compactedTo = plan.compactTo;
      }
    } catch (error) {
      if (error instanceof CompactedError) compactedTo = Math.max(compactedTo, error.compactRevision);
      else if (!signal.aborted) logger.warn({ err: error }, "compaction failed; trying again later");
    }
    await clock.sleep(policy.interval_ms, signal).catch(() => undefined);
  }
}
