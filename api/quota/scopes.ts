import type { Pod, ResourceQuota } from "../wire.ts";
import { qosClass } from "../validation/pod/qos.ts";

type Selector = { readonly scopeName: string; readonly operator: string; readonly values?: readonly string[] };

/** All scopes of the quota hold for the pod; other kinds have none, so that only quotas without scopes are about them. */
export function scopesMatch({ spec }: ResourceQuota, pod: Pod | undefined): boolean {
  const scopes: Selector[] = [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })), ...((spec?.scopeSelector?.matchExpressions ?? []) as Selector[])];
  if (scopes.length === 0) return true;
  return pod !== undefined && scopes.every((scope) => scopeMatches(scope, pod));
}

function scopeMatches({ scopeName, operator, values = [] }: Selector, pod: Pod): boolean {
  switch (scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return qosClass(pod) === "BestEffort";
    case "NotBestEffort":
      return qosClass(pod) !== "BestEffort";
    case "PriorityClass":
      return priorityMatches(operator, values, pod.spec?.priorityClassName ?? "");
    case "CrossNamespacePodAffinity":
      return looksBeyond(pod);
    default:
      return false;
  }
}

/** It will not run for ever. */
function isTerminating({ spec }: Pod): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

function priorityMatches(operator: string, values: readonly string[], name: string): boolean {
  switch (operator) {
    case "Exists":
      return name !== "";
    case "DoesNotExist":
      return name === "";
    case "In":
      return values.includes(name);
    default:
      return !values.includes(name);
  }
}

/** An affinity term of the pod names other namespaces. */
function looksBeyond({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined);
}
