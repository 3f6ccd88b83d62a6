import type { Init, Message } from "../../cri/vocabulary.ts";
import { isListed, type ShimContext } from "../context.ts";
import type { ContainerRecord } from "../state/records.ts";
import { stateOf } from "./describe.ts";

type Filter = Message<"ContainerFilter"> | undefined;

export async function listContainers(context: ShimContext, request: Message<"ListContainersRequest">): Promise<Init<"ListContainersResponse">> {
  return { containers: selectContainers(context, request.filter).map((record) => listedOf(record)) };
}

/** Containers that fit a filter: all of id (or the beginning of one), state, sandbox and labels that it names. */
export function selectContainers(context: ShimContext, filter: Filter): ContainerRecord[] {
  return [...context.containers.values()].filter((record) => {
    if (!isListed(record)) return false;
    if (filter === undefined) return true;
    return (
      record.id.startsWith(filter.id) &&
      record.sandboxId.startsWith(filter.podSandboxId) &&
      (filter.state === undefined || filter.state.state === stateOf(record)) &&
      hasLabels(record.config.labels, filter.labelSelector)
    );
  });
}

/** Whether all wanted labels are there with the wanted values. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

/** The short form of a container in lists. */
export function listedOf(record: ContainerRecord): Init<"Container"> {
  return {
    id: record.id,
    podSandboxId: record.sandboxId,
    metadata: record.config.metadata,
    image: record.config.image,
    imageRef: record.imageRef,
    imageId: record.imageId,
    state: stateOf(record),
    createdAt: record.createdAt_ns,
    labels: record.config.labels,
    annotations: record.config.annotations,
  };
}
