import type { enums } from "../../cri/vocabulary.ts";
import { now_ns, type ShimContext } from "../context.ts";
import { sandboxStatus } from "../sandbox/describe.ts";
import type { ContainerRecord } from "../state/records.ts";
import { statusesIn } from "./describe.ts";

/** Tells the event streams what happened to a container, with the whole pod as it is now. */
export function publishContainer(context: ShimContext, record: ContainerRecord, type: keyof typeof enums.ContainerEventType): void {
  if (record.internal === true || !context.events.hasSubscribers) return;
  const sandbox = context.sandboxes.get(record.sandboxId);
  context.events.publish({
    containerId: record.id,
    containerEventType: type,
    createdAt: now_ns(context),
    ...(sandbox === undefined ? {} : { podSandboxStatus: sandboxStatus(sandbox) }),
    containersStatuses: statusesIn(context, record.sandboxId),
  });
}
