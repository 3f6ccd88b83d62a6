import type { Message } from "../../cri/vocabulary.ts";
import { CONTAINER_NAME, HASH, NODE, POD_NAME, POD_NAMESPACE, POD_UID, RESTART_COUNT } from "../pod/config/labels.ts";
import type { ContainerRecord, ContainerState, SandboxRecord } from "../pod/runtime-state.ts";

/** Whose a sandbox or container is, by its labels. */
export interface PodIdentity {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
}

/** undefined: not one of this node's pods. */
export function podIdentity(labels: Readonly<Record<string, string>>, nodeName: string): PodIdentity | undefined {
  const uid = labels[POD_UID];
  const owner = labels[NODE];
  if (uid === undefined || uid === "" || (owner !== undefined && owner !== nodeName)) return undefined;
  return { uid, name: labels[POD_NAME] ?? "", namespace: labels[POD_NAMESPACE] ?? "" };
}

const STATES = {
  CONTAINER_CREATED: "created",
  CONTAINER_RUNNING: "running",
  CONTAINER_EXITED: "exited",
  CONTAINER_UNKNOWN: "unknown",
} as const satisfies Record<Message<"ContainerStatus">["state"], ContainerState>;

export function containerStateOf(state: Message<"ContainerStatus">["state"]): ContainerState {
  return STATES[state];
}

const NS_PER_MS = 1_000_000;

/** What is kept of a container's status. `message`: the container's own last words are added by the caller. */
export function containerRecord(status: Message<"ContainerStatus">, sandboxId: string, reportUser: boolean): ContainerRecord {
  const user = status.user?.linux;
  return {
    id: status.id,
    name: status.labels[CONTAINER_NAME] ?? status.metadata?.name ?? "",
    sandboxId,
    attempt: Number(status.annotations[RESTART_COUNT] ?? status.metadata?.attempt ?? 0),
    state: containerStateOf(status.state),
    createdAt_ns: status.createdAt,
    startedAt_ms: status.startedAt / NS_PER_MS,
    finishedAt_ms: status.finishedAt / NS_PER_MS,
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: imageNameOf(status),
    imageId: status.imageRef === "" ? status.imageId : status.imageRef,
    hash: status.annotations[HASH] ?? "",
    ...(reportUser && user !== undefined ? { user: { uid: user.uid, gid: user.gid, supplementalGroups: user.supplementalGroups } } : {}),
  };
}

/** A name for people, where the runtime kept one: an id tells them nothing. */
function imageNameOf(status: Message<"ContainerStatus">): string {
  const image = status.image?.image ?? "";
  const isId = image === "" || /^(?:sha256:)?[0-9a-f]{64}$/.test(image);
  return isId ? (status.image?.userSpecifiedImage || image) : image;
}

export function sandboxRecord(status: Message<"PodSandboxStatus">): SandboxRecord {
  const { ip = "", additionalIps = [] } = status.network ?? {};
  return {
    id: status.id,
    attempt: status.metadata?.attempt ?? 0,
    createdAt_ns: status.createdAt,
    ready: status.state === "SANDBOX_READY",
    ips: [ip, ...additionalIps.map((additional) => additional.ip)].filter((address) => address !== ""),
  };
}

const RANK: Readonly<Record<ContainerState, number>> = { unknown: 0, created: 0, running: 1, exited: 2 };

/**
 * The later of two views of one container: its life goes one way, so answers that overtook each other do no harm. Of two views of
 * the same state the first stays: an end has the container's last words already.
 */
export function laterContainer(old: ContainerRecord | undefined, now: ContainerRecord): ContainerRecord {
  return old !== undefined && (old.state === now.state || RANK[old.state] > RANK[now.state]) ? old : now;
}

/** A sandbox that is down stays down; addresses once known are kept. */
export function laterSandbox(old: SandboxRecord | undefined, now: SandboxRecord): SandboxRecord {
  if (old === undefined) return now;
  return { ...now, ready: old.ready && now.ready, ips: now.ips.length > 0 ? now.ips : old.ips };
}
