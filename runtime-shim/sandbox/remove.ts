import type { Init, Message } from "../../cri/vocabulary.ts";
import type { ShimContext } from "../context.ts";
import { destroySandbox } from "./destroy.ts";
import { publishSandbox } from "./publish.ts";

/** Removes a sandbox and its containers, ending them first. One that is not there is fine. */
export async function removePodSandbox(context: ShimContext, request: Message<"RemovePodSandboxRequest">): Promise<Init<"RemovePodSandboxResponse">> {
  const record = context.sandboxes.find(request.podSandboxId);
  if (record === undefined) return {};
  await context.locks.run(record.id, async () => {
    if (context.sandboxes.get(record.id) !== record) return; // another call was first
    await destroySandbox(context, record);
    context.images.collect();
    publishSandbox(context, record, "CONTAINER_DELETED_EVENT");
  });
  return {};
}
