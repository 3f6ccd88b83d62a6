import type { Init, Message } from "../../cri/vocabulary.ts";
import { isListed, type ShimContext } from "../context.ts";
import { destroyContainer } from "./destroy.ts";
import { publishContainer } from "./publish.ts";
import { endContainer } from "./stop.ts";

/** Removes a container, killing it when it runs. One that is not there is fine. */
export async function removeContainer(context: ShimContext, request: Message<"RemoveContainerRequest">): Promise<Init<"RemoveContainerResponse">> {
  const record = context.containers.find(request.containerId);
  if (record === undefined || record.internal === true) return {};
  await endContainer(context, record, 0);
  await context.locks.run(record.id, async () => {
    if (context.containers.get(record.id) !== record) return; // another call was first
    const listed = isListed(record);
    await destroyContainer(context, record);
    context.images.collect();
    if (listed) publishContainer(context, record, "CONTAINER_DELETED_EVENT");
  });
  return {};
}
