import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/clock.ts";
import { buildImageArchive } from "../image/build.ts";
import { busyboxFiles } from "../image/busybox.ts";
import { detectCgroups, removeCgroup } from "../os/cgroups.ts";
import { createNamespaces, setInterfaceUp } from "../os/namespaces.ts";
import { unmountAll } from "../os/mounts.ts";
import { importImage } from "../shim.ts";
import { connectCri, type CriClient } from "./cri-client.ts";
import type { ProcessInput } from "./shim-process.ts";

/** A shim in a network namespace of its own with an image to run, for tests of the shim and of its clients. */
export interface TestShim {
  /** `unix://…`, for a CRI client. */
  readonly endpoint: string;
  readonly dataDir: string;
  /** `localhost/busybox:test`: busybox-static with /bin/sh and all applets. */
  readonly image: string;
  /** Path of its network namespace, which has lo up and no way out. */
  readonly networkNamespace: string;
  readonly client: CriClient;
  /** Cgroup to use as the parent of pods; removed at the end. */
  readonly cgroupParent: string;
  /** Pid of the shim's process now. */
  pid(): number;
  /** Resolves when the process has ended. */
  ended(): Promise<void>;
  /** kill -9, unless it is dead already, then starts it again on the same data, with a failpoint when one is given. */
  restart(failpoint?: string, visit?: number): Promise<void>;
  /** Ends it and removes all that it made: containers, mounts, namespaces, cgroups, files. */
  stop(): Promise<void>;
}

export interface StartShimOptions {
  /** Pod range given by UpdateRuntimeConfig before this resolves; default `10.88.0.0/24`; null: none. */
  readonly podCidr?: string | null;
  /** Name of the failpoint at which the shim kills itself, and at which visit to it (default the first). */
  readonly failpoint?: string;
  readonly failpointVisit?: number;
  /** Default true. */
  readonly importImage?: boolean;
  /** An existing pinned network namespace to use instead of a new one; it is not removed. */
  readonly networkNamespace?: string;
  readonly logLevel?: "silent" | "info" | "debug";
  readonly options?: Partial<ProcessInput["options"]>;
}

export const TEST_IMAGE = "localhost/busybox:test";
const main = fileURLToPath(new URL("./shim-process.ts", import.meta.url));
/** Stripping types takes longer than all else at the start of a process. */
const compileCache = fileURLToPath(new URL("../../node_modules/.cache/node-compile", import.meta.url));
let archive: Promise<Buffer> | undefined;

/** Starts a shim; `stop` must be called however the test ends. */
export async function startShim(options: StartShimOptions = {}): Promise<TestShim> {
  const base = mkdtempSync(join(tmpdir(), "berth-shim-"));
  const dataDir = join(base, "data");
  const networkNamespace = options.networkNamespace ?? join(base, "netns");
  if (options.networkNamespace === undefined) createNamespaces({ net: networkNamespace }, () => setInterfaceUp("lo"));
  const endpoint = `unix://${join(base, "shim.sock")}`;
  const input: ProcessInput = { options: { listen: endpoint, dataDir, ...options.options }, logLevel: options.logLevel ?? "silent", cleanUp: [...(options.networkNamespace === undefined ? [networkNamespace] : []), base] };
  const failing = { ...input, ...(options.failpoint === undefined ? {} : { failpoint: options.failpoint, failpointVisit: options.failpointVisit ?? 1 }) };
  const cleanUp = () => {
    if (options.networkNamespace === undefined) unmountAll(networkNamespace);
    rmSync(base, { recursive: true, force: true });
  };
  let child = await startProcess(networkNamespace, failing).catch((error: unknown) => {
    cleanUp();
    throw error;
  });
  const client = connectCri(endpoint, systemClock.now_ms);
  const shim: TestShim = {
    endpoint,
    dataDir,
    image: TEST_IMAGE,
    networkNamespace,
    client,
    cgroupParent: `/berth-test-${base.slice(-6)}`,
    pid: () => child.process.pid as number,
    ended: () => child.ended,
    async restart(failpoint, visit) {
      await child.kill("SIGKILL");
      child = await startProcess(networkNamespace, failpoint === undefined ? input : { ...input, failpoint, failpointVisit: visit ?? 1 });
    },
    async stop() {
      client.close();
      await child.kill("SIGKILL");
      const purge = await startProcess(networkNamespace, { ...input, purge: true });
      await purge.ended;
      removeCgroup(detectCgroups(), shim.cgroupParent);
      if (purge.process.exitCode !== 0) throw new Error(`the shim could not remove what it made, see ${base}:\n${purge.output()}`);
      cleanUp();
    },
  };
  try {
    if (options.podCidr !== null) await client.call("UpdateRuntimeConfig", { runtimeConfig: { networkConfig: { podCidr: options.podCidr ?? "10.88.0.0/24" } } });
    if (options.importImage !== false) await importBusybox(endpoint, base);
  } catch (error) {
    if (options.failpoint !== undefined && child.process.exitCode === null && child.process.signalCode === "SIGKILL") return shim;
    await shim.stop();
    throw error;
  }
  return shim;
}

async function importBusybox(endpoint: string, base: string): Promise<void> {
  archive ??= busyboxFiles(systemClock).then((files) => buildImageArchive({ name: TEST_IMAGE, layers: [files], arch: process.arch, cmd: ["sh"] }));
  const path = join(base, "busybox.tar");
  if (!existsSync(path)) {
    mkdirSync(base, { recursive: true });
    writeFileSync(path, await archive);
  }
  await importImage(endpoint, path);
}

interface RunningProcess {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  output(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Resolves once it serves (or, for a purge, runs); rejects with what it said when it ends before. */
async function startProcess(networkNamespace: string, input: ProcessInput): Promise<RunningProcess> {
  const args = [`--net=${networkNamespace}`, process.execPath, "--disable-warning=ExperimentalWarning", main, JSON.stringify(input)];
  const child = spawn("nsenter", args, { env: { ...process.env, NODE_COMPILE_CACHE: compileCache }, stdio: [input.purge === true ? "ignore" : "pipe", "pipe", input.logLevel === "silent" ? "pipe" : "inherit"] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-20_000);
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  if (input.purge !== true) {
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("error", reject);
      child.once("close", () => reject(new Error(`the shim's process ended before it served:\n${said}`)));
    });
  }
  return {
    process: child,
    ended,
    output: () => said,
    async kill(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
}
