import type { Init, Message } from "../../cri/vocabulary.ts";
import type { ShimContext } from "../context.ts";
import { hasLabels } from "../container/list.ts";
import type { SandboxRecord } from "../state/records.ts";
import { sandboxStatus } from "./describe.ts";

export async function listPodSandbox(context: ShimContext, request: Message<"ListPodSandboxRequest">): Promise<Init<"ListPodSandboxResponse">> {
  return { items: selectSandboxes(context, request.filter).map(listedOf) };
}

/** Sandboxes that fit a filter: all of id (or the beginning of one), state and labels that it names. */
export function selectSandboxes(context: ShimContext, filter: Partial<Message<"PodSandboxFilter">> | undefined): SandboxRecord[] {
  return [...context.sandboxes.values()].filter((record) => {
    if (record.phase === "creating" || record.phase === "removing") return false;
    if (filter === undefined) return true;
    const state = sandboxStatus(record).state;
    return record.id.startsWith(filter.id ?? "") && (filter.state === undefined || filter.state.state === state) && hasLabels(record.config.labels, filter.labelSelector ?? {});
  });
}

function listedOf(record: SandboxRecord): Init<"PodSandbox"> {
  const { id, metadata, state, createdAt, labels, annotations, runtimeHandler } = sandboxStatus(record);
  return { id, metadata, state, createdAt, labels, annotations, runtimeHandler };
}
