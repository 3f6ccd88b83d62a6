import { type DefaultSpread, SYSTEM_SPREAD } from "../relations/default-spread.ts";

/** What an operator may set; one file (parse.ts), one object. Absent fields take the defaults of `defaultConfiguration`. */
export interface SchedulerConfiguration {
  /** One per `spec.schedulerName` that this scheduler answers to. */
  readonly profiles: readonly SchedulerProfile[];
  /** Extended resources whose units are whole devices that `berth.dev/gpu-milli` may share. */
  readonly deviceResources: readonly string[];
  /** Where rules weigh nodes against one another: how many of the feasible ones are looked at, in per cent of all nodes. 100: all, the exact best. */
  readonly percentageOfNodesToScore: number;
  /** Most bindings on their way at once. */
  readonly maxBindsInFlight: number;
  readonly podInitialBackoff_ms: number;
  readonly podMaxBackoff_ms: number;
  /** A pod that no event woke is tried again after this long. */
  readonly unschedulableTimeout_ms: number;
}

export interface SchedulerProfile {
  readonly schedulerName: string;
  /** Rule name → weight; 0 turns a score off. Rules that are not named keep the weight of the packing profile. */
  readonly scoreWeights: Readonly<Record<string, number>>;
  /** Names of filters that are off. */
  readonly disabledFilters: readonly string[];
  /** For pods without constraints of their own; absent: they are not spread. */
  readonly defaultSpread?: DefaultSpread;
  /** What a placed pod's required affinity to a new one is worth beside preferred terms; 1 where absent. */
  readonly hardPodAffinityWeight?: number;
}

export const DEFAULT_SCHEDULER_NAME = "default-scheduler";

/** Packs. */
export const defaultProfile: SchedulerProfile = { schedulerName: DEFAULT_SCHEDULER_NAME, scoreWeights: {}, disabledFilters: [] };

/** Spreads, with the scores, weights and default constraints of kube-scheduler. */
export const spreadingProfile: SchedulerProfile = {
  schedulerName: "spreading-scheduler",
  scoreWeights: { Packing: 0, LeastAllocated: 1, NodeResourcesBalancedAllocation: 1, ImageLocality: 1 },
  disabledFilters: [],
  defaultSpread: SYSTEM_SPREAD,
};

export const defaultConfiguration: SchedulerConfiguration = {
  profiles: [defaultProfile, spreadingProfile],
  deviceResources: ["nvidia.com/gpu", "amd.com/gpu"],
  percentageOfNodesToScore: 100,
  maxBindsInFlight: 128,
  podInitialBackoff_ms: 1_000,
  podMaxBackoff_ms: 10_000,
  unschedulableTimeout_ms: 300_000,
};
