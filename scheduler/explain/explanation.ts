/** Why a pod is where it is, or nowhere. Plain data: it is printed, and given out as JSON. */
export interface Explanation {
  readonly pod: string;
  readonly state: ExplainedState;
  /** One sentence. */
  readonly summary: string;
  /** More that an operator must know, a sentence each. */
  readonly notes: readonly string[];
  /** Node that the pod is on. */
  readonly node?: string;
  /** Nodes that exist. */
  readonly nodes: number;
  readonly reasons: readonly ExplainedReason[];
  /** The nodes that lack least, nearest first. */
  readonly nearest: readonly NearNode[];
  /** What would make it fit, the smallest change first; each was tried on the snapshot with the very filters. */
  readonly remedies: readonly Remedy[];
  /** What the scheduler does about it by itself. */
  readonly preemption?: { readonly node: string; readonly victims: readonly string[] };
  /** Why this node: best first, the chosen one among them. */
  readonly ranking?: readonly RankedNode[];
}

/** What is said of one pod, beside what is said of every pod. */
export type Told = Pick<Explanation, "state" | "summary"> & Partial<Explanation>;

export type ExplainedState =
  | "placed"
  /** It fits; the scheduler has not said so yet. */
  | "fits"
  | "unschedulable"
  | "gated"
  | "waits-for-group"
  /** Nobody known schedules it. */
  | "foreign"
  | "terminating"
  | "finished";

/** A reason, and every node that gives it. A node may give several. */
export interface ExplainedReason {
  readonly reason: string;
  readonly filter: string;
  readonly nodes: readonly string[];
}

export interface NearNode {
  readonly node: string;
  /** All of it, a line each. */
  readonly missing: readonly string[];
}

export interface Remedy {
  readonly text: string;
  /** Order only: the smaller the change. */
  readonly cost: number;
  /** Where the pod would fit then. */
  readonly node?: string;
}

export interface RankedNode {
  readonly node: string;
  /** Weighted sum. */
  readonly total: number;
  readonly scores: readonly { readonly rule: string; readonly value: number; readonly weight: number }[];
  readonly chosen: boolean;
}
