import { matcherOf } from "../../../api/selector/labels.ts";
import type { Deployment } from "../../../api/wire.ts";
import { fields, type Section, table } from "./section.ts";

/** A deployment: what is wanted, what is there, and how far a rollout got. */
export function describeDeployment(deployment: Deployment): Section[] {
  const { metadata, spec, status } = deployment;
  const update = spec?.strategy?.rollingUpdate;
  return [
    fields({
      Name: metadata.name,
      Namespace: metadata.namespace,
      "Created At": metadata.creationTimestamp,
      Labels: metadata.labels ?? {},
      Annotations: metadata.annotations ?? {},
      Selector: matcherOf(spec?.selector).toString(),
      Replicas: `${spec?.replicas ?? 1} desired | ${status?.updatedReplicas ?? 0} updated | ${status?.replicas ?? 0} total | ${status?.availableReplicas ?? 0} available | ${status?.unavailableReplicas ?? 0} unavailable`,
      "Strategy Type": spec?.strategy?.type,
      "Min Ready Seconds": spec?.minReadySeconds ?? 0,
      "Rolling Update": update && `${update.maxUnavailable} max unavailable, ${update.maxSurge} max surge`,
      Paused: spec?.paused,
    }),
    [
      "Pod Template:",
      ...fields({ Labels: spec?.template.metadata?.labels ?? {}, "Service Account": spec?.template.spec?.serviceAccountName }, 2),
      "  Containers:",
      ...(spec?.template.spec?.containers ?? []).flatMap((one) => [`    ${one.name}:`, ...fields({ Image: one.image, Command: one.command, Args: one.args, Limits: one.resources?.limits, Requests: one.resources?.requests }, 6)]),
    ],
    ["Conditions:", ...table([["Type", "Status", "Reason", "Message"], ...(status?.conditions ?? []).map((one) => [one.type, one.status, one.reason ?? "", one.message ?? ""])], 2)],
  ];
}
