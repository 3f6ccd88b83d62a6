import type { enums, Init } from "../../cri/vocabulary.ts";
import { containersIn, isListed, type ShimContext } from "../context.ts";
import type { ContainerRecord } from "../state/records.ts";
import { criSignal } from "./stop-signal.ts";

const states: Readonly<Record<ContainerRecord["phase"], keyof typeof enums.ContainerState>> = {
  creating: "CONTAINER_UNKNOWN",
  created: "CONTAINER_CREATED",
  starting: "CONTAINER_CREATED",
  running: "CONTAINER_RUNNING",
  exited: "CONTAINER_EXITED",
  removing: "CONTAINER_UNKNOWN",
};

/** CRI's state of a container. */
export function stateOf(record: ContainerRecord): keyof typeof enums.ContainerState {
  return states[record.phase];
}

/** ContainerStatus of a record as it is now. */
export function statusOf(context: ShimContext, record: ContainerRecord): Init<"ContainerStatus"> {
  const { config } = record;
  const image = context.images.find(record.imageId);
  const name = image === undefined ? undefined : Object.keys(image.tags)[0];
  return {
    id: record.id,
    metadata: config.metadata,
    state: stateOf(record),
    createdAt: record.createdAt_ns,
    startedAt: record.startedAt_ns ?? 0,
    finishedAt: record.finishedAt_ns ?? 0,
    exitCode: record.exitCode ?? 0,
    image: { ...config.image, image: config.image?.userSpecifiedImage || (name ?? config.image?.image ?? "") },
    imageRef: record.imageRef,
    imageId: record.imageId,
    reason: record.reason ?? "",
    message: record.message ?? "",
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts,
    logPath: record.logPath,
    ...(record.resources === undefined ? {} : { resources: { linux: record.resources } }),
    user: { linux: { uid: record.user.uid, gid: record.user.gid, supplementalGroups: record.user.groups } },
    stopSignal: criSignal(record.stopSignal),
  };
}

/** Statuses of a sandbox's containers that callers may see. */
export function statusesIn(context: ShimContext, sandboxId: string): Init<"ContainerStatus">[] {
  return containersIn(context, sandboxId)
    .filter(isListed)
    .map((record) => statusOf(context, record));
}
