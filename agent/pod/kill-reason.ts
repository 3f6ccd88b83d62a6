import { containerHash } from "./container-hash.ts";
import { mustRestartForResize } from "./decide-resize.ts";
import type { PodState } from "./pod-state.ts";
import { restartPolicyOf } from "./restart-policy.ts";
import type { ContainerRecord } from "./runtime-state.ts";
import { type SpecContainer, isSidecar, specOf } from "./spec.ts";

export interface KillReason {
  /** Of the Killing event. */
  readonly message: string;
  /** Asked by the probe itself; otherwise the pod's. */
  readonly grace_s: number | undefined;
  /** It comes back whatever the restart policy (its definition changed). */
  readonly isReplacement: boolean;
}

/** Why a running container must be killed, if it must: its definition changed, or its liveness or startup probe failed. */
export function killReason(state: PodState, entry: SpecContainer, record: ContainerRecord): KillReason | undefined {
  const { container } = entry;
  const label = entry.kind === "init" ? "Init container" : "Container";
  const restarts = entry.kind !== "init" && restartPolicyOf(state.pod, entry) !== "Never" ? ", will be restarted" : "";
  if (record.hash !== "" && record.hash !== containerHash(container)) return { message: `${label} ${container.name} definition changed${entry.kind === "init" ? "" : ", will be restarted"}`, grace_s: undefined, isReplacement: true };
  if (mustRestartForResize(state, container.name, record.id)) return { message: `${label} ${container.name} resize requires restart`, grace_s: undefined, isReplacement: true };
  const results = state.probes.get(record.id);
  if (results?.liveness === "failure") {
    return { message: `${label} ${container.name} failed liveness probe${restarts}`, grace_s: container.livenessProbe?.terminationGracePeriodSeconds, isReplacement: false };
  }
  if (results?.startup === "failure") {
    return { message: `${label} ${container.name} failed startup probe${restarts}`, grace_s: container.startupProbe?.terminationGracePeriodSeconds, isReplacement: false };
  }
  return undefined;
}

/** Whether another container is to take the place of one that is killed for this reason. */
export function comesBack(state: PodState, entry: SpecContainer, reason: KillReason): boolean {
  return reason.isReplacement || isSidecar(entry.container) || restartPolicyOf(state.pod, entry) !== "Never";
}

/** It runs, is to be killed, and will not come back. */
export function isDoomed(state: PodState, entry: SpecContainer, record: ContainerRecord | undefined): boolean {
  if (record?.state !== "running") return false;
  const reason = killReason(state, entry, record);
  return reason !== undefined && !comesBack(state, entry, reason);
}

/** The Killing event's words when the whole pod ends. */
export function stopReasonOf(name: string): string {
  return `Stopping container ${name}`;
}

/** Seconds for a container that is killed for this reason. */
export function graceOf(state: PodState, reason: KillReason, pod_s: number): number {
  if (state.pod.metadata.deletionGracePeriodSeconds !== undefined) return pod_s;
  return reason.grace_s ?? specOf(state.pod).terminationGracePeriodSeconds ?? pod_s;
}
