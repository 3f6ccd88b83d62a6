import type { ProbeOutcome } from "../pod/pod-state.ts";

export type ProbeType = "liveness" | "readiness" | "startup";

/** What one probe found. `unknown`: it could not be made; then nothing is learned. */
export type ProbeResult =
  | { readonly type: "success" | "warning"; readonly output: string }
  | { readonly type: "failure"; readonly output: string }
  | { readonly type: "unknown"; readonly error: string };

export interface Thresholds {
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/** Results in a row that are alike. */
export interface Streak {
  readonly outcome: ProbeOutcome | undefined;
  readonly length: number;
}

export const noStreak: Streak = { outcome: undefined, length: 0 };

/** The streak after one more result, and what it amounts to once it is as long as the threshold. */
export function extend(streak: Streak, result: ProbeResult, thresholds: Thresholds): { readonly streak: Streak; readonly verdict: ProbeOutcome | undefined } {
  if (result.type === "unknown") return { streak, verdict: undefined };
  const outcome: ProbeOutcome = result.type === "failure" ? "failure" : "success";
  const next: Streak = { outcome, length: streak.outcome === outcome ? streak.length + 1 : 1 };
  const threshold = outcome === "failure" ? thresholds.failureThreshold : thresholds.successThreshold;
  return { streak: next, verdict: next.length >= threshold ? outcome : undefined };
}
