import type { Pod, PodCondition } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";

/** The pod with the condition DisruptionTarget (KEP-3329), which says who ends it and why; undefined when it says so already. Pure. */
export function withDisruptionTarget(pod: Pod, reason: string, message: string, now_ms: number): Pod | undefined {
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find((condition) => condition.type === "DisruptionTarget");
  if (before?.status === "True" && before.reason === reason) return undefined;
  const since = before?.status === "True" && before.lastTransitionTime ? before.lastTransitionTime : rfc3339(now_ms);
  const target: PodCondition = {
    type: "DisruptionTarget",
    status: "True",
    reason,
    message,
    lastTransitionTime: since,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
  return { ...pod, status: { ...pod.status, conditions: [...conditions.filter((condition) => condition.type !== "DisruptionTarget"), target] } };
}
