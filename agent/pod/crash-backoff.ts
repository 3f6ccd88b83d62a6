/** After kubelet's flowcontrol.Backoff: 10 s, doubling to 5 min; forgotten when 10 min passed since it last grew. */
export const BACKOFF_BASE_MS = 10_000;
export const BACKOFF_MAX_MS = 300_000;
const FORGET_AFTER_MS = 2 * BACKOFF_MAX_MS;

export interface BackoffEntry {
  readonly delay_ms: number;
  /** When it last grew. */
  readonly updatedAt_ms: number;
}

function isForgotten(entry: BackoffEntry, event_ms: number): boolean {
  return event_ms - entry.updatedAt_ms > FORGET_AFTER_MS;
}

/** When the next attempt may be made after an event (an exit, a failed pull) at `event_ms`: at once when there is no entry yet. */
export function backoffUntil(entry: BackoffEntry | undefined, event_ms: number): number {
  if (entry === undefined || isForgotten(entry, event_ms)) return 0;
  return event_ms + entry.delay_ms;
}

/** The entry after one more attempt: the first waits for nobody, the next for 10 s, then 20 s, … */
export function nextBackoff(entry: BackoffEntry | undefined, event_ms: number, now_ms: number): BackoffEntry {
  if (entry === undefined || isForgotten(entry, event_ms)) return { delay_ms: BACKOFF_BASE_MS, updatedAt_ms: now_ms };
  return { delay_ms: Math.min(entry.delay_ms * 2, BACKOFF_MAX_MS), updatedAt_ms: now_ms };
}

/** `10s`, `1m20s`, `2m0s`: Go's Duration, whole seconds. */
export function goDuration(duration_ms: number): string {
  const seconds = Math.round(duration_ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m${seconds % 60}s`;
}
