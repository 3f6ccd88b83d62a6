import { quantityMilli, quantityValue } from "../../../api/quantity.ts";
import type { Container, Pod } from "../../../api/wire.ts";
import type { Init } from "../../../cri/vocabulary.ts";
import { qosClassOf } from "../../status/qos.ts";
import { isSidecar, specOf } from "../spec.ts";

const SHARES_PER_CPU = 1024;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const PERIOD_US = 100_000;
/** The kernel's least quota. */
const MIN_QUOTA_US = 1000;

const GUARANTEED_OOM_SCORE_ADJ = -997;
const BEST_EFFORT_OOM_SCORE_ADJ = 1000;
/** system-node-critical and above. */
const NODE_CRITICAL_PRIORITY = 2_000_001_000;

/** CPU shares for an amount of CPU in thousandths. */
export function sharesFor(milli: number): number {
  if (milli === 0) return MIN_SHARES;
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milli * SHARES_PER_CPU) / 1000)));
}

/** CFS quota in microseconds per period of 100 ms; -1: none. */
export function quotaFor(milli: number): number {
  return milli === 0 ? -1 : Math.max(MIN_QUOTA_US, Math.floor((milli * PERIOD_US) / 1000));
}

function milli(quantity: string | undefined): number {
  return quantity === undefined ? 0 : quantityMilli(quantity);
}

function bytes(quantity: string | undefined): number {
  return quantity === undefined ? 0 : quantityValue(quantity);
}

/** The limits that the runtime enforces for a container. */
export function containerResources(pod: Pod, container: Container, nodeMemory_bytes: number): Init<"LinuxContainerResources"> {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuLimit = milli(limits["cpu"]);
  const memoryLimit = bytes(limits["memory"]);
  const hugepages = Object.entries(limits)
    .filter(([name]) => name.startsWith("hugepages-"))
    .map(([name, amount]) => ({ pageSize: `${name.slice("hugepages-".length).replace(/i$/, "")}B`, limit: bytes(amount) }));
  return {
    cpuShares: sharesFor(requests["cpu"] === undefined ? cpuLimit : milli(requests["cpu"])),
    cpuPeriod: PERIOD_US,
    cpuQuota: quotaFor(cpuLimit),
    memoryLimitInBytes: memoryLimit,
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemory_bytes),
    hugepageLimits: hugepages,
  };
}

/** After kubelet's qos policy: Guaranteed is killed last, BestEffort first, between them by the share of the node's memory that was asked for. */
export function oomScoreAdj(pod: Pod, container: Container, nodeMemory_bytes: number): number {
  if ((specOf(pod).priority ?? 0) >= NODE_CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE_ADJ;
  const qos = qosClassOf(pod);
  if (qos === "Guaranteed") return GUARANTEED_OOM_SCORE_ADJ;
  if (qos === "BestEffort") return BEST_EFFORT_OOM_SCORE_ADJ;
  const requested = (of: Container) => bytes(of.resources?.requests?.["memory"] ?? of.resources?.limits?.["memory"]);
  let request = requested(container);
  // A sidecar is not killed before the containers it serves.
  if (isSidecar(container) && (specOf(pod).initContainers ?? []).includes(container)) request = Math.max(request, Math.min(...specOf(pod).containers.map(requested)));
  const adjusted = 1000 - Math.floor((1000 * request) / nodeMemory_bytes);
  return Math.min(BEST_EFFORT_OOM_SCORE_ADJ - 1, Math.max(1000 + GUARANTEED_OOM_SCORE_ADJ, adjusted));
}

export interface PodLimits {
  readonly cpuShares: number;
  /** -1: none. */
  readonly cpuQuota_us: number;
  readonly cpuPeriod_us: number;
  /** 0: none. */
  readonly memory_bytes: number;
}

/** The limits of the pod's own cgroup: shares are summed; a limit only where every container has one. */
export function podLimits(pod: Pod): PodLimits {
  const spec = specOf(pod);
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  const steps = (spec.initContainers ?? []).filter((container) => !isSidecar(container));
  const main = [...spec.containers, ...sidecars];
  const of = (container: Container, side: "requests" | "limits", name: string) =>
    side === "limits" ? container.resources?.limits?.[name] : (container.resources?.requests?.[name] ?? container.resources?.limits?.[name]);
  const total = (side: "requests" | "limits", name: string, amount: (quantity: string | undefined) => number) => {
    const podLevel = spec.resources?.[side]?.[name];
    if (podLevel !== undefined) return amount(podLevel);
    const overhead = amount(spec.overhead?.[name]);
    const together = main.reduce((sum, container) => sum + amount(of(container, side, name)), 0);
    return Math.max(together, ...steps.map((container) => amount(of(container, side, name)))) + overhead;
  };
  const isLimited = (name: string) => spec.resources?.limits?.[name] !== undefined || [...main, ...steps].every((container) => container.resources?.limits?.[name] !== undefined);
  return {
    cpuShares: sharesFor(total("requests", "cpu", milli)),
    cpuQuota_us: isLimited("cpu") ? quotaFor(total("limits", "cpu", milli)) : -1,
    cpuPeriod_us: PERIOD_US,
    memory_bytes: isLimited("memory") ? total("limits", "memory", bytes) : 0,
  };
}
