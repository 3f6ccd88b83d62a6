import { join } from "node:path";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { containerOf, type ShimContext } from "../context.ts";
import { readIfExists } from "../os/files.ts";
import type { ContainerRecord } from "../state/records.ts";
import { statusOf } from "./describe.ts";
import { recordExit } from "./exited.ts";

export async function containerStatus(context: ShimContext, request: Message<"ContainerStatusRequest">): Promise<Init<"ContainerStatusResponse">> {
  const record = containerOf(context, request.containerId);
  recordExit(context, record);
  return { status: statusOf(context, record), info: request.verbose ? { info: verboseInfo(context, record) } : {} };
}

/** For people who debug: what `crictl inspect` prints below the status. */
function verboseInfo(context: ShimContext, record: ContainerRecord): string {
  const spec: unknown = JSON.parse(readIfExists(join(context.paths.container(record.id), "config.json")) ?? "null");
  return JSON.stringify({ sandboxID: record.sandboxId, pid: record.pid ?? 0, monitorPid: record.monitorPid ?? 0, runtime: record.runtime, runtimeSpec: spec });
}
