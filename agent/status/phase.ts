import type { ContainerStatus, Pod } from "../../api/wire.ts";
import { restartsAfter } from "../pod/restart-policy.ts";
import { type SpecContainer, isSidecar, specOf } from "../pod/spec.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

interface Counts {
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
  /** Ended containers that their policy brings back. */
  restarting: number;
}

/**
 * The phase that container statuses add up to. `isTerminal`: nothing will be started any more, whatever the policies say
 * (the pod is being deleted, or was ended).
 */
export function phaseOf(pod: Pod, statuses: readonly ContainerStatus[], isTerminal: boolean): Phase {
  const byName = new Map(statuses.map((status) => [status.name, status]));
  const spec = specOf(pod);
  const init = initState(pod, byName);
  if (init.failed) return "Failed";
  const counts: Counts = { unknown: 0, running: 0, waiting: 0, stopped: 0, succeeded: 0, restarting: 0 };
  for (const container of spec.initContainers ?? []) if (isSidecar(container)) countSidecar(byName.get(container.name), counts);
  for (const container of spec.containers) countRegular(pod, { kind: "regular", container }, byName.get(container.name), counts);
  const pendingSidecars = init.pendingSidecars && !anyRegularActive(pod, byName);
  if (init.pending || pendingSidecars || counts.waiting > 0) return "Pending";
  if (counts.unknown > 0) return "Pending";
  if (counts.running > 0) return "Running";
  if (counts.stopped === 0) return "Pending";
  if (!isTerminal && counts.restarting > 0) return "Running";
  return counts.stopped === counts.succeeded ? "Succeeded" : "Failed";
}

/** A regular container runs or has run: the pod is initialized, whatever its init containers do now. */
export function anyRegularActive(pod: Pod, byName: ReadonlyMap<string, ContainerStatus>): boolean {
  return specOf(pod).containers.some((container) => {
    const status = byName.get(container.name);
    return status?.state?.running !== undefined || status?.state?.terminated !== undefined || status?.lastState?.terminated !== undefined;
  });
}

function initState(pod: Pod, byName: ReadonlyMap<string, ContainerStatus>): { failed: boolean; pending: boolean; pendingSidecars: boolean } {
  let failed = false;
  let pending = false;
  let pendingSidecars = false;
  for (const container of specOf(pod).initContainers ?? []) {
    const status = byName.get(container.name);
    if (isSidecar(container)) {
      if (status?.state?.running !== undefined ? status.started !== true : status?.state?.terminated === undefined && status?.lastState?.terminated === undefined) pendingSidecars = true;
      continue;
    }
    const ended = status?.state?.terminated ?? (status?.state?.waiting === undefined ? undefined : status.lastState?.terminated);
    if (ended === undefined) pending = true;
    else if (ended.exitCode !== 0 && !restartsAfter(pod, { kind: "init", container }, ended.exitCode)) failed = true;
    else if (ended.exitCode !== 0) pending = true;
  }
  return { failed, pending, pendingSidecars };
}

function countSidecar(status: ContainerStatus | undefined, counts: Counts): void {
  if (status?.state?.running !== undefined) counts.running++;
  else if (status?.state?.terminated === undefined && status?.lastState?.terminated === undefined) counts.waiting++;
}

function countRegular(pod: Pod, entry: SpecContainer, status: ContainerStatus | undefined, counts: Counts): void {
  if (status === undefined) {
    counts.unknown++;
    return;
  }
  if (status.state?.running !== undefined) {
    counts.running++;
    return;
  }
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  if (ended === undefined) {
    counts.waiting++;
    return;
  }
  counts.stopped++;
  if (status.state?.terminated !== undefined && ended.exitCode === 0) counts.succeeded++;
  if (restartsAfter(pod, entry, ended.exitCode) || status.state?.terminated === undefined) counts.restarting++;
}
