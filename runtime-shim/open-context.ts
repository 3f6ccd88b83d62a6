import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { arch } from "node:process";
import { cpus } from "node:os";
import { releaseHeap } from "../lib/release-memory.ts";
import { ContainerEvents } from "./container/events.ts";
import type { ShimContext } from "./context.ts";
import { Downloads } from "./image/download.ts";
import { ImageStore } from "./image/image-store.ts";
import { Ingest } from "./image/ingest.ts";
import { LayerStore } from "./image/layer-store.ts";
import { UnpackPool } from "./image/unpack-pool.ts";
import { ExitDirectory } from "./monitor/exits.ts";
import { Network } from "./network/network.ts";
import { detectRuntime, findProgram } from "./oci/runtimes.ts";
import { detectSecurity } from "./oci/security.ts";
import type { ShimOptions } from "./options.ts";
import { detectCgroups } from "./os/cgroups.ts";
import { CpuRates } from "./stats/cpu-rates.ts";
import { DiskUsages } from "./stats/disk-usage.ts";
import { Reaper } from "./os/reaper.ts";
import { KeyedLock } from "./state/keyed-lock.ts";
import { Paths } from "./state/paths.ts";
import { RecordStore } from "./state/record-store.ts";

const DEFAULT_IMAGE_LIMIT_BYTES = 32 * 2 ** 30;
const PARALLEL_DOWNLOADS = 6;
const DEFAULT_CNI_BIN_DIR = "/usr/lib/cni";
const DEFAULT_BRIDGE = "berth0";

/** An opened data directory. */
export interface OpenedContext {
  readonly context: ShimContext;
  /** Ids whose records could not be read. */
  readonly broken: readonly string[];
  close(): Promise<void>;
}

/** Opens a data directory and looks at the machine. Rejects with what is missing and how to get it. */
export async function openContext(options: Omit<ShimOptions, "listen">): Promise<OpenedContext> {
  const paths = new Paths(options.dataDir, options.runDir);
  checkPath(paths.dataDir);
  checkPath(paths.runDir);
  for (const directory of [paths.dataDir, paths.runDir, paths.layers(), paths.exits(), paths.namespaces()]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { clock, random, logger } = options;
  const failpoint = options.failpoint ?? (() => {});
  const ingest = new Ingest(paths.ingest());
  ingest.load(clock.now_ms());
  const images = new ImageStore(paths.images(), new LayerStore(paths.layers(), paths.ingest()));
  images.load();
  const pool = new UnpackPool({ size: Math.min(4, cpus().length), clock, onIdle: releaseBuffers });
  const sandboxes = new RecordStore<ShimContext["sandboxes"] extends RecordStore<infer T> ? T : never>(paths.sandboxes(), paths.trash());
  const containers = new RecordStore<ShimContext["containers"] extends RecordStore<infer T> ? T : never>(paths.containers(), paths.trash());
  const broken = [...sandboxes.load(), ...containers.load()];
  const runtime = await detectRuntime({ chosen: options.ociRuntime, runDir: paths.runDir, cacheFile: join(paths.dataDir, "runtimes.json"), clock });
  mkdirSync(runtime.root, { recursive: true, mode: 0o700 });
  const reaper = new Reaper();
  const context: ShimContext = {
    clock,
    random,
    logger,
    paths,
    version: options.version ?? "0.0.0",
    arch,
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    conmon: findConmon(options.conmon),
    runtime,
    cgroups: detectCgroups(),
    security: detectSecurity(),
    sandboxes,
    containers,
    images,
    ingest,
    downloads: new Downloads({ directory: paths.ingest(), clock, width: PARALLEL_DOWNLOADS }),
    pulls: new Map(),
    fetch: options.fetch ?? globalThis.fetch,
    assembly: { store: images, pool, arch, limit_bytes: options.imageSizeLimit_bytes ?? DEFAULT_IMAGE_LIMIT_BYTES, now_ms: () => clock.now_ms(), failpoint, bringing: new Map() },
    network: new Network({ confDir: options.cniConfDir, binDir: options.cniBinDir ?? DEFAULT_CNI_BIN_DIR, bridge: options.bridgeName ?? DEFAULT_BRIDGE, stateDir: paths.cni(), clock, failpoint }),
    exits: new ExitDirectory(paths.exits()),
    events: new ContainerEvents(),
    reaper,
    diskUsages: new DiskUsages(clock),
    cpuRates: new CpuRates(),
    locks: new KeyedLock(),
    layerPins: new Map(),
    failpoint,
  };
  return { context, broken, close: async () => {
    reaper.close();
    await pool.close();
  } };
}

/** overlayfs separates its options by these. */
function checkPath(path: string): void {
  if (!path.startsWith("/")) throw new Error(`data directory ${path} is not an absolute path`);
  if (/[:,\\]/.test(path)) throw new Error(`data directory ${path} has one of : , \\ in it, which overlayfs can't mount from`);
}

function findConmon(chosen: string | undefined): string {
  try {
    return findProgram(chosen ?? "conmon");
  } catch {
    throw new Error(`${chosen ?? "conmon"} is not installed: apt-get install conmon`);
  }
}

/** Unpacking takes large buffers, which a process that then only waits would keep until its next long rest. */
function releaseBuffers(): void {
  try {
    releaseHeap();
  } catch {
    // Only GNU's C library gives memory back; what was freed is used again all the same.
  }
}
