import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import type { Client, ObjectKey } from "./client.ts";

/** After client-go's LeaderElectionConfig; its defaults 15 s, 10 s and 2 s. leaseDuration > renewDeadline > 1.2 × retryPeriod. */
export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The Lease: `kube-system/kube-scheduler`. */
  readonly lease: ObjectKey;
  /** Unlike every other candidate's; a process that can prove its predecessor dead (exclusive data folder) may keep its name and takes over at once. */
  readonly identity: string;
  readonly leaseDuration_ms?: number;
  readonly renewDeadline_ms?: number;
  readonly retryPeriod_ms?: number;
}

/**
 * Campaigns until `signal` aborts. Each time the lease is won, `lead` is called with a signal that aborts as soon as leadership is lost;
 * it must stop acting then, and resolve. After it the candidate campaigns again. On a clean end the lease is released.
 */
export type RunLeaderElection = (options: LeaderElectionOptions, lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal) => Promise<void>;
