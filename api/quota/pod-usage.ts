import { Quantity } from "../quantity.ts";
import { aggregateContainers } from "../validation/pod/aggregate.ts";
import type { Container, Pod } from "../wire.ts";
import { type Amounts, amountsOf, plus } from "./amounts.ts";

const NATIVE = new Set(["cpu", "memory", "ephemeral-storage"]);
const ONE = Quantity.fromNumber(1);
/** If one of these is limited, each container must say it. */
const REQUIRED = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/** What a pod counts for. One that has ended holds nothing but its name. */
export function podUsage(pod: Pod): Amounts {
  const usage = new Map([["count/pods", ONE]]);
  if (pod.spec === undefined || pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || isGone(pod)) return usage;
  usage.set("pods", ONE);
  const { spec } = pod;
  const overhead = amountsOf(spec.overhead);
  const whole = (field: "requests" | "limits") => new Map([...aggregateContainers(spec, (container) => container.resources?.[field]), ...amountsOf(spec.resources?.[field])]);
  const requests = plus(whole("requests"), overhead);
  const limits = whole("limits");
  const limited = plus(limits, new Map([...overhead].filter(([name]) => limits.has(name))));
  return new Map([...usage, ...named(requests, limited)]);
}

/** Its grace period is over, though nobody has said so yet. */
function isGone({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}

/** By the names of quotas. */
function named(requests: Amounts, limits: Amounts): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  for (const [name, amount] of requests) {
    if (NATIVE.has(name) || name.startsWith("hugepages-")) amounts.set(name, amount).set(`requests.${name}`, amount);
    else if (name.includes("/")) amounts.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) if (NATIVE.has(name)) amounts.set(`limits.${name}`, amount);
  return amounts;
}

/** What containers must say and do not, where a quota has these names: `must specify limits.cpu for: a,b; …`; undefined: nothing. */
export function missingRequests({ spec }: Pod, hard: Iterable<string>): string | undefined {
  const limited = new Set(hard);
  const required = REQUIRED.filter((name) => limited.has(name)).sort();
  const missing = required.flatMap((name) => {
    const silent = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].filter((container) => !says(container, name));
    return silent.length === 0 ? [] : [`${name} for: ${silent.map((container) => container.name).sort().join(",")}`];
  });
  return missing.length === 0 ? undefined : `must specify ${missing.join("; ")}`;
}

function says({ resources }: Container, name: string): boolean {
  return named(amountsOf(resources?.requests), amountsOf(resources?.limits)).has(name);
}
