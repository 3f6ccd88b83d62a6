import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../errors.ts";
import { readJson, writeFileAtomic } from "../os/files.ts";
import { run } from "../os/processes.ts";

/** An OCI runtime binary with runc's command line. */
export interface OciRuntime {
  readonly name: string;
  readonly path: string;
  /** Directory of its state: `--root`. */
  readonly root: string;
  /** It is runc 1, whose state on disk the shim knows well enough to start and forget containers without running it. */
  readonly isRunc: boolean;
  /** Mount options that it says it knows, such as `rro`; empty when it does not say. */
  readonly mountOptions: readonly string[];
}

/** Where programs are looked for: a daemon's PATH is not to be trusted. */
const searchPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export interface DetectInput {
  /** Name or path that the administrator chose; else crun, then runc. */
  readonly chosen: string | undefined;
  readonly runDir: string;
  readonly cacheFile: string;
  readonly clock: Clock;
}

/**
 * The first runtime that works on this machine. Being installed is not enough: some versions refuse some cgroup set-ups, so each
 * is asked to run a container whose program does not exist, which must fail for that reason alone. The answer is kept by version.
 */
export async function detectRuntime(input: DetectInput): Promise<OciRuntime> {
  const candidates = input.chosen === undefined ? ["crun", "runc"] : [input.chosen];
  const cache = (readJson(input.cacheFile) ?? {}) as Record<string, unknown>;
  const complaints: string[] = [];
  for (const candidate of candidates) {
    const name = candidate.slice(candidate.lastIndexOf("/") + 1);
    try {
      const path = findProgram(candidate);
      const version = await firstLine(path, ["--version"], input.clock);
      const key = `${path} ${version}`;
      let verdict = cache[key];
      if (verdict !== "works") {
        verdict = await tryOut(path, input);
        if (verdict === "works") {
          cache[key] = verdict;
          writeFileAtomic(input.cacheFile, JSON.stringify(cache));
        }
      }
      if (verdict === "works") return { name, path, root: join(input.runDir, name), isRunc: version.startsWith("runc version 1."), mountOptions: await mountOptionsOf(path, input.clock) };
      complaints.push(`${name}: ${String(verdict)}`);
    } catch (error) {
      complaints.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new Error(`no OCI runtime works here (${complaints.join("; ")}); install runc: apt-get install runc`);
}

/** Absolute path of a program by name, or the path itself; throws when there is none that can be run. */
export function findProgram(name: string): string {
  for (const path of name.includes("/") ? [name] : searchPath.map((directory) => join(directory, name))) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here: the next directory may have it
    }
  }
  throw new Error(`${name} is not installed (looked in ${searchPath.join(":")})`);
}

async function firstLine(path: string, args: readonly string[], clock: Clock): Promise<string> {
  const result = await run(path, args, { clock, timeout_ms: 10_000 });
  if (result.exitCode !== 0) throw new Error(`exit code ${result.exitCode}: ${result.stderr.toString().trim()}`);
  return result.stdout.toString().split("\n")[0] ?? "";
}

/** `works`, or what the runtime said. */
async function tryOut(path: string, input: DetectInput): Promise<string> {
  mkdirSync(input.runDir, { recursive: true, mode: 0o700 });
  const bundle = mkdtempSync(join(input.runDir, "probe-"));
  try {
    mkdirSync(join(bundle, "rootfs"));
    writeFileSync(join(bundle, "config.json"), JSON.stringify(probeSpec(bundle)));
    const result = await run(path, ["--root", join(bundle, "state"), "run", "--bundle", bundle, "berth-probe"], { clock: input.clock, timeout_ms: 20_000 });
    const said = result.stderr.toString().trim();
    return /berth-no-such-program.*(no such file|not found)|(no such file|not found).*berth-no-such-program/i.test(said) ? "works" : said.slice(0, 500) || `exit code ${result.exitCode}`;
  } finally {
    rmSync(bundle, { recursive: true, force: true });
  }
}

function probeSpec(bundle: string): unknown {
  return {
    ociVersion: "1.0.2",
    process: { terminal: false, user: { uid: 0, gid: 0 }, args: ["/berth-no-such-program"], env: [], cwd: "/" },
    root: { path: join(bundle, "rootfs"), readonly: false },
    mounts: [{ destination: "/proc", type: "proc", source: "proc" }],
    linux: { namespaces: [{ type: "mount" }, { type: "pid" }], cgroupsPath: `/berth-probe-${bundle.slice(-6)}`, resources: { memory: { limit: 64 << 20 } } },
  };
}

async function mountOptionsOf(path: string, clock: Clock): Promise<string[]> {
  const result = await run(path, ["features"], { clock, timeout_ms: 10_000 });
  if (result.exitCode !== 0) return [];
  try {
    const features = JSON.parse(result.stdout.toString()) as { mountOptions?: unknown };
    return Array.isArray(features.mountOptions) ? features.mountOptions.filter((option) => typeof option === "string") : [];
  } catch {
    return [];
  }
}
