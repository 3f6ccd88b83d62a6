/** What an operator may set; one file, one object. Absent fields take the defaults of `defaultConfiguration`. */
export interface SchedulerConfiguration {
  /** One per `spec.schedulerName` that this scheduler answers to. */
  readonly profiles: readonly SchedulerProfile[];
  /** Extended resources whose units are whole devices that `berth.dev/gpu-milli` may share. */
  readonly deviceResources: readonly string[];
  /** Most bindings on their way at once. */
  readonly maxBindsInFlight: number;
  readonly podInitialBackoff_ms: number;
  readonly podMaxBackoff_ms: number;
  /** A pod that no event woke is tried again after this long. */
  readonly unschedulableTimeout_ms: number;
}

export interface SchedulerProfile {
  readonly schedulerName: string;
  /** Rule name → weight; 0 turns a score off. Rules that are not named keep the weight of the default profile. */
  readonly scoreWeights: Readonly<Record<string, number>>;
  /** Names of filters that are off. */
  readonly disabledFilters: readonly string[];
}

export const DEFAULT_SCHEDULER_NAME = "default-scheduler";

export const defaultProfile: SchedulerProfile = { schedulerName: DEFAULT_SCHEDULER_NAME, scoreWeights: {}, disabledFilters: [] };

export const defaultConfiguration: SchedulerConfiguration = {
  profiles: [defaultProfile],
  deviceResources: ["nvidia.com/gpu", "amd.com/gpu"],
  maxBindsInFlight: 128,
  podInitialBackoff_ms: 1_000,
  podMaxBackoff_ms: 10_000,
  unschedulableTimeout_ms: 300_000,
};
