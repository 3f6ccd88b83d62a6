import type { enums } from "../../cri/vocabulary.ts";
import { now_ns, type ShimContext } from "../context.ts";
import { statusesIn } from "../container/describe.ts";
import type { SandboxRecord } from "../state/records.ts";
import { sandboxStatus } from "./describe.ts";

/** Tells the event streams what happened to a sandbox; CRI has sandboxes in the same stream, by their id. */
export function publishSandbox(context: ShimContext, record: SandboxRecord, type: keyof typeof enums.ContainerEventType): void {
  if (!context.events.hasSubscribers) return;
  context.events.publish({
    containerId: record.id,
    containerEventType: type,
    createdAt: now_ns(context),
    podSandboxStatus: sandboxStatus(record),
    containersStatuses: statusesIn(context, record.id),
  });
}
