import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { CriError } from "../errors.ts";
import { run } from "../os/processes.ts";
import type { OciRuntime } from "./runtimes.ts";

/** Lets a created container's process go on to its program. */
export async function startCreated(runtime: OciRuntime, id: string, clock: Clock): Promise<void> {
  const result = await run(runtime.path, ["--root", runtime.root, "start", id], { clock });
  if (result.exitCode !== 0) throw new CriError("UNKNOWN", `cannot start container: ${result.stderr.toString().trim() || join(runtime.root, id)}`);
}
