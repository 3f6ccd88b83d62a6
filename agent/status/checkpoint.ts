import type { ContainerStatus, PodStatus } from "../../api/wire.ts";

/** What a client can wait for in a status, as text: phase, conditions, and each container's state, readiness and restarts. Messages and times are left out. */
export function checkpointOf(status: PodStatus): string {
  const conditions = (status.conditions ?? []).map((condition) => `${condition.type}=${condition.status}/${condition.reason ?? ""}`);
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])].map(containerCheckpoint);
  return JSON.stringify([status.phase, status.reason, conditions, containers, status.podIP]);
}

function containerCheckpoint(status: ContainerStatus): string {
  const { running, terminated, waiting } = status.state ?? {};
  const state = running !== undefined ? "running" : terminated !== undefined ? `terminated/${terminated.reason}/${terminated.exitCode}` : `waiting/${waiting?.reason}`;
  return `${status.name} ${state} ${status.ready} ${status.started} ${status.restartCount}`;
}
