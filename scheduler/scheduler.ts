import type { Node, Pod } from "../api/wire.ts";
import type { Client } from "../client/client.ts";
import type { EventRecorder } from "../client/event-recorder.ts";
import type { Informer } from "../client/informer.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { SchedulerConfiguration } from "./configuration/configuration.ts";

/** What the scheduler reads. The informers may be shared with other components; whoever made them runs them. */
export interface SchedulerInformers {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
}

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: SchedulerInformers;
  /** As component `default-scheduler` (the profile's schedulerName is the reporter in Kubernetes). */
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly configuration?: Partial<SchedulerConfiguration>;
}

export interface Scheduler {
  /**
   * Schedules until `signal` aborts (leadership lost, shutdown): waits for the informers' first list, builds its snapshot from it, decides and binds.
   * Resolves when the bindings in flight have ended. May be called again later: every run starts from the informers' state alone.
   */
  run(signal: AbortSignal): Promise<void>;
}

export declare function createScheduler(options: SchedulerOptions): Scheduler;
