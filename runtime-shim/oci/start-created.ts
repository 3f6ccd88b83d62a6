import { constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { CriError, taskFailure } from "../errors.ts";
import { run } from "../os/processes.ts";
import type { OciRuntime } from "./runtimes.ts";

const START_TIMEOUT_MS = 60_000;

/** Lets a created container's process go on to its program. Rejects when the process is gone. */
export async function startCreated(runtime: OciRuntime, id: string, clock: Clock): Promise<void> {
  if (runtime.isRunc) return openStartFifo(join(runtime.root, id, "exec.fifo"), clock);
  const result = await run(runtime.path, ["--root", runtime.root, "start", id], { clock });
  if (result.exitCode !== 0) throw new CriError("UNKNOWN", taskFailure(`OCI runtime start failed: ${result.stderr.toString().trim()}`));
}

/** What `runc start` does: the container's process waits to write a byte into this pipe, and goes on when someone reads it. */
function openStartFifo(path: string, clock: Clock): Promise<void> {
  const pipe = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false });
  return new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new CriError("UNKNOWN", taskFailure(`OCI runtime start failed: ${why}`)));
    const timer = clock.after(START_TIMEOUT_MS, () => fail(`its process does not go on after ${START_TIMEOUT_MS / 1000} s`));
    pipe.once("data", () => {
      rmSync(path, { force: true });
      resolve();
    });
    pipe.once("end", () => fail("its process has ended"));
    pipe.once("error", (error) => fail(error.message));
    pipe.once("close", () => timer.cancel());
  }).finally(() => pipe.destroy());
}
