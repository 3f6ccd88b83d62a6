import { mkdirSync, readFileSync, readlinkSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProcessIdentity, isAlive } from "./process-identity.ts";

/**
 * What runs in this network namespace under `berth up`: a cluster owns the namespace's bridge, routes and ports, so there
 * is at most one. The file is gone after a reboot (/run), as the processes are.
 */
export interface ClusterRecord {
  /** The checkout whose bin/berth started it. */
  readonly checkout: string;
  readonly dataDir: string;
  readonly server: string;
  /** The supervisors, by component, in the order in which they started. */
  readonly supervisors: Readonly<Record<ComponentName, ProcessIdentity>>;
}

export const COMPONENTS = ["server", "shim", "agent"] as const;
export type ComponentName = (typeof COMPONENTS)[number];

const RUN_DIR = "/run/berth";

function recordPath(): string {
  const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/net"))?.[0] ?? "0";
  return join(RUN_DIR, `cluster-${namespace}.json`);
}

/** The record of a cluster of which at least one supervisor runs; undefined otherwise. */
export function readRunningCluster(): ClusterRecord | undefined {
  const record = readRecord();
  if (record === undefined) return undefined;
  return Object.values(record.supervisors).some(isAlive) ? record : undefined;
}

/** The record, whether its processes run or not. */
export function readRecord(): ClusterRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordPath(), "utf8")) as ClusterRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(record: ClusterRecord): void {
  mkdirSync(RUN_DIR, { recursive: true, mode: 0o755 });
  const path = recordPath();
  writeFileSync(`${path}.new`, JSON.stringify(record, null, 2), { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

export function removeRecord(): void {
  rmSync(recordPath(), { force: true });
  try {
    rmdirSync(RUN_DIR);
  } catch {
    // Another namespace's record is in it.
  }
}
