import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import type { ContainerEvents } from "./container/events.ts";
import { CriError } from "./errors.ts";
import type { FailpointName } from "./failpoint.ts";
import type { Assembly } from "./image/assemble.ts";
import type { Downloads } from "./image/download.ts";
import type { ImageStore } from "./image/image-store.ts";
import type { Ingest } from "./image/ingest.ts";
import type { ExitDirectory } from "./monitor/exits.ts";
import type { Network } from "./network/network.ts";
import type { OciRuntime } from "./oci/runtimes.ts";
import type { SecuritySupport } from "./oci/security.ts";
import type { Reaper } from "./os/reaper.ts";
import type { CgroupLayout } from "./os/cgroups.ts";
import type { CpuRates } from "./stats/cpu-rates.ts";
import type { DiskUsages } from "./stats/disk-usage.ts";
import type { KeyedLock } from "./state/keyed-lock.ts";
import type { Paths } from "./state/paths.ts";
import type { RecordStore } from "./state/record-store.ts";
import type { ContainerRecord, SandboxRecord } from "./state/records.ts";

/** What every verb works on. */
export interface ShimContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly paths: Paths;
  readonly version: string;
  readonly arch: string;
  readonly bootId: string;
  readonly conmon: string;
  readonly runtime: OciRuntime;
  readonly cgroups: CgroupLayout;
  readonly security: SecuritySupport;
  readonly sandboxes: RecordStore<SandboxRecord>;
  readonly containers: RecordStore<ContainerRecord>;
  readonly images: ImageStore;
  readonly assembly: Assembly;
  readonly ingest: Ingest;
  readonly downloads: Downloads;
  /** Pulls in progress, by reference and credentials. */
  readonly pulls: Map<string, Promise<string>>;
  readonly fetch: typeof fetch;
  readonly network: Network;
  readonly exits: ExitDirectory;
  readonly events: ContainerEvents;
  readonly reaper: Reaper;
  readonly diskUsages: DiskUsages;
  readonly cpuRates: CpuRates;
  /** One verb at a time per sandbox and per container. */
  readonly locks: KeyedLock;
  /** Layers that containers keep, by container id. */
  readonly layerPins: Map<string, () => void>;
  readonly failpoint: (name: FailpointName) => void;
}

/** Wall clock in nanoseconds, to the clock's milliseconds. */
export function now_ns(context: ShimContext): number {
  return context.clock.now_ms() * 1e6;
}

/** The sandbox, or NOT_FOUND. One that is still being made or removed is not there for callers. */
export function sandboxOf(context: ShimContext, id: string): SandboxRecord {
  const record = context.sandboxes.find(id);
  if (record === undefined || record.phase === "creating" || record.phase === "removing") throw new CriError("NOT_FOUND", `sandbox ${JSON.stringify(id)} not found`);
  return record;
}

/** The container, or NOT_FOUND. */
export function containerOf(context: ShimContext, id: string): ContainerRecord {
  const record = context.containers.find(id);
  if (record === undefined || !isListed(record)) throw new CriError("NOT_FOUND", `container ${JSON.stringify(id)} not found`);
  return record;
}

/** Whether callers may see it: not while it is being made or removed, and never a sandbox's own. */
export function isListed(record: ContainerRecord): boolean {
  return record.phase !== "creating" && record.phase !== "removing" && record.internal !== true;
}

/** All containers of a sandbox, internal ones included. */
export function containersIn(context: ShimContext, sandboxId: string): ContainerRecord[] {
  return [...context.containers.values()].filter((record) => record.sandboxId === sandboxId);
}
