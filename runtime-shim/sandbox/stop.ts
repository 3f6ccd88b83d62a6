import type { Init, Message } from "../../cri/vocabulary.ts";
import type { ShimContext } from "../context.ts";
import { quiesceSandbox } from "./destroy.ts";
import { publishSandbox } from "./publish.ts";

/** Ends a sandbox's containers and gives back its network. What has been stopped or is not there is fine. */
export async function stopPodSandbox(context: ShimContext, request: Message<"StopPodSandboxRequest">): Promise<Init<"StopPodSandboxResponse">> {
  const record = context.sandboxes.find(request.podSandboxId);
  if (record === undefined) return {};
  await context.locks.run(record.id, async () => {
    if (record.phase !== "ready" && record.phase !== "stopping") return;
    record.phase = "stopping";
    context.sandboxes.save(record);
    context.failpoint("sandbox.stop.intent");
    await quiesceSandbox(context, record);
    record.phase = "stopped";
    context.sandboxes.save(record);
    context.failpoint("sandbox.stop.done");
    publishSandbox(context, record, "CONTAINER_STOPPED_EVENT");
  });
  return {};
}
