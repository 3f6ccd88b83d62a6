import type { Init, Message } from "../../cri/vocabulary.ts";
import { now_ns, sandboxOf, type ShimContext } from "../context.ts";
import { statusesIn } from "../container/describe.ts";
import { sandboxStatus } from "./describe.ts";
import type { SandboxRecord } from "../state/records.ts";

export async function podSandboxStatus(context: ShimContext, request: Message<"PodSandboxStatusRequest">): Promise<Init<"PodSandboxStatusResponse">> {
  const record = sandboxOf(context, request.podSandboxId);
  return {
    status: sandboxStatus(record),
    containersStatuses: statusesIn(context, record.id),
    timestamp: now_ns(context),
    info: request.verbose ? { info: verboseInfo(context, record) } : {},
  };
}

/** A notice: the caller owns the pod's cgroup and has changed it itself. NOT_FOUND when there is no such sandbox. */
export async function updatePodSandboxResources(context: ShimContext, request: Message<"UpdatePodSandboxResourcesRequest">): Promise<Init<"UpdatePodSandboxResourcesResponse">> {
  sandboxOf(context, request.podSandboxId);
  return {};
}

function verboseInfo(context: ShimContext, record: SandboxRecord): string {
  return JSON.stringify({ networkNamespace: context.paths.namespace(record.id, "net"), cgroupParent: record.cgroupParent, runtime: context.runtime.name, config: record.config });
}
