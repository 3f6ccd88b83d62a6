import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ShimContext } from "../context.ts";
import { CriError } from "../errors.ts";
import { readIfExists } from "../os/files.ts";
import { signalProcess, startTimeOf } from "../os/processes.ts";
import type { OciProcess, OciSpec } from "../oci/spec-types.ts";
import type { ContainerRecord } from "../state/records.ts";

let counter = 0;

/** A command that is to run in a container: how to have the OCI runtime start it, and how to end it. */
export interface ExecProcess {
  /** Arguments of the OCI runtime. */
  readonly args: readonly string[];
  /** Kills the command; the runtime that waits for it ends by itself. */
  kill(): void;
  /** Removes its files. */
  release(): void;
}

/** Writes what `exec` of the OCI runtime needs: the container's own process with another command. FAILED_PRECONDITION unless it runs. */
export function prepareExec(context: ShimContext, record: ContainerRecord, command: readonly string[], terminal: boolean): ExecProcess {
  if (record.phase !== "running") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is ${record.phase}, not running`);
  if (command.length === 0) throw new CriError("INVALID_ARGUMENT", "exec: no command");
  const directory = context.paths.container(record.id);
  const spec = JSON.parse(readFileSync(join(directory, "config.json"), "utf8")) as OciSpec;
  const env = terminal && !spec.process.env.some((variable) => variable.startsWith("TERM=")) ? [...spec.process.env, "TERM=xterm"] : spec.process.env;
  const process: OciProcess = { ...spec.process, args: command, terminal, env };
  const base = join(directory, `exec-${counter++}`);
  const [processFile, pidFile] = [`${base}.json`, `${base}.pid`];
  writeFileSync(processFile, JSON.stringify(process), { mode: 0o600 });
  return {
    args: ["--root", context.runtime.root, "exec", "--process", processFile, "--pid-file", pidFile, record.id],
    kill() {
      const pid = Number(readIfExists(pidFile) ?? Number.NaN);
      const start = Number.isInteger(pid) && pid > 1 ? startTimeOf(pid) : undefined;
      if (start !== undefined) signalProcess(pid, start, "SIGKILL");
    },
    release() {
      rmSync(processFile, { force: true });
      rmSync(pidFile, { force: true });
    },
  };
}
