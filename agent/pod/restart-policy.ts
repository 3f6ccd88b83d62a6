import type { Container, Pod } from "../../api/wire.ts";
import { type ContainerRecord, newestOf, type PodRuntime } from "./runtime-state.ts";
import { type SpecContainer, isSidecar, specOf } from "./spec.ts";

export type RestartPolicy = "Always" | "OnFailure" | "Never";

/** The container's own policy where it has one (KEP-5307), else the pod's. Ephemeral containers never restart. */
export function restartPolicyOf(pod: Pod, entry: SpecContainer): RestartPolicy {
  if (entry.kind === "ephemeral") return "Never";
  const policy = (entry.container.restartPolicy ?? specOf(pod).restartPolicy ?? "Always") as RestartPolicy;
  // An init container that ended well is done, whatever the pod's policy says.
  return entry.kind === "init" && !isSidecar(entry.container) && policy === "Always" ? "OnFailure" : policy;
}

/** Whether a container that ended with `exitCode` is started again: its restartPolicyRules first, then its policy. */
export function restartsAfter(pod: Pod, entry: SpecContainer, exitCode: number): boolean {
  if (matchingRule(entry.container, exitCode) !== undefined) return true;
  const policy = restartPolicyOf(pod, entry);
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** Whether the next sync would start this container: it never ran, or it ended and its policy wants it back. */
export function shouldStart(pod: Pod, entry: SpecContainer, runtime: PodRuntime): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  const record = newestOf(runtime, entry.container.name);
  if (record === undefined) return true;
  if (record.state === "running") return false;
  if (record.state !== "exited") return entry.kind !== "ephemeral";
  return restartsAfter(pod, entry, record.exitCode);
}

/** Whether it has ended for good. */
export function isDone(pod: Pod, entry: SpecContainer, record: ContainerRecord | undefined): boolean {
  return record?.state === "exited" && !restartsAfter(pod, entry, record.exitCode);
}

/** Whether an end with `exitCode` restarts every container of the pod (KEP-5532). */
export function restartsAllAfter(container: Container, exitCode: number): boolean {
  return matchingRule(container, exitCode) === "RestartAllContainers";
}

/** Whether any container has a rule that may restart all. */
export function mayRestartAll(pod: Pod): boolean {
  const { initContainers = [], containers } = specOf(pod);
  return [...initContainers, ...containers].some((container) => (container.restartPolicyRules ?? []).some((rule) => rule.action === "RestartAllContainers"));
}

type RuleAction = "Restart" | "RestartAllContainers";

function matchingRule(container: Container, exitCode: number): RuleAction | undefined {
  for (const rule of container.restartPolicyRules ?? []) {
    const { operator, values } = rule.exitCodes ?? {};
    const listed = values?.includes(exitCode) ?? false;
    if ((operator === "In" && listed) || (operator === "NotIn" && !listed)) return rule.action as RuleAction;
  }
  return undefined;
}
