import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { CriError, systemCodeOf } from "../errors.ts";
import { recordExit } from "./exited.ts";

/** conmon's control pipe takes lines of three numbers: 1 sets the terminal's size, 2 opens the log anew. */
const REOPEN = "2 0 0\n";

/** Has the monitor open the log file anew: after a rotation moved it away. */
export async function reopenContainerLog(context: ShimContext, request: Message<"ReopenContainerLogRequest">): Promise<Init<"ReopenContainerLogResponse">> {
  const record = containerOf(context, request.containerId);
  recordExit(context, record);
  if (record.phase !== "running") throw new CriError("FAILED_PRECONDITION", `container ${record.id} is not running`);
  await tellMonitor(context, record.id, REOPEN);
  return {};
}

/** Writes a line to a container's monitor. */
export async function tellMonitor(context: ShimContext, id: string, line: string): Promise<void> {
  // Not blocking: a pipe that nobody reads would hold up the call for ever.
  try {
    const pipe = await open(join(context.paths.container(id), "ctl"), constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      await pipe.write(line);
    } finally {
      await pipe.close();
    }
  } catch (error) {
    throw new CriError("UNAVAILABLE", `the monitor of container ${id} does not listen: ${systemCodeOf(error) ?? String(error)}`);
  }
}
