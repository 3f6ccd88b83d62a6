import type { Job, Pod } from "../../api/wire.ts";

type Rule = NonNullable<NonNullable<Job["spec"]>["podFailurePolicy"]>["rules"][number];

export interface FailureVerdict {
  readonly action: "Count" | "Ignore" | "FailJob" | "FailIndex";
  /** Why, for the job's condition. */
  readonly message?: string;
}

/** What the first rule that matches a failed pod says (KEP-3329); Count where none does. Pure. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  for (const [index, rule] of (job.spec?.podFailurePolicy?.rules ?? []).entries()) {
    const why = rule.onExitCodes ? matchExitCodes(rule.onExitCodes, pod) : matchConditions(rule.onPodConditions ?? [], pod);
    if (why !== undefined) return { action: rule.action as FailureVerdict["action"], message: `${why} matching ${rule.action} rule at index ${index}` };
  }
  return { action: "Count" };
}

function matchExitCodes({ containerName, operator, values }: NonNullable<Rule["onExitCodes"]>, pod: Pod): string | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  for (const { name, state } of statuses) {
    const code = state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (containerName && containerName !== name)) continue;
    if (values.includes(code) === (operator === "In")) return `Container ${name} for pod ${pod.metadata.namespace}/${pod.metadata.name} failed with exit code ${code}`;
  }
  return undefined;
}

function matchConditions(patterns: NonNullable<Rule["onPodConditions"]>, pod: Pod): string | undefined {
  const found = patterns.find((pattern) => pod.status?.conditions?.some((condition) => condition.type === pattern.type && condition.status === (pattern.status ?? "True")));
  return found && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${found.type}`;
}
