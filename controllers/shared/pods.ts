import type { Pod, PodCondition } from "../../api/wire.ts";

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Succeeded or Failed: it will never run again. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** It counts towards its owner's replicas: neither finished nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Being deleted and not finished yet. */
export function isPodTerminating(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;
}

/** Milliseconds until the pod has been ready for `minReady_s`: 0 when it has, undefined while it is not ready. */
export function availableIn_ms(pod: Pod, minReady_s: number, now_ms: number): number | undefined {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return undefined;
  if (minReady_s === 0) return 0;
  if (!ready.lastTransitionTime) return undefined;
  return Math.max(0, Date.parse(ready.lastTransitionTime) + minReady_s * 1000 - now_ms);
}

export function isPodAvailable(pod: Pod, minReady_s: number, now_ms: number): boolean {
  return availableIn_ms(pod, minReady_s, now_ms) === 0;
}

/** Milliseconds until the next ready pod becomes available; undefined when there is none to wait for. */
export function nextAvailability_ms(pods: readonly Pod[], minReady_s: number, now_ms: number): number | undefined {
  const waits = pods.map((pod) => availableIn_ms(pod, minReady_s, now_ms)).filter((wait) => wait !== undefined && wait > 0);
  return waits.length === 0 ? undefined : Math.min(...(waits as number[]));
}
