import type { Pod } from "../wire.ts";
import type { Amounts } from "./amounts.ts";
import { deviceIndices, GPU_MILLI, WHOLE_DEVICE } from "./devices.ts";
import { type HostPort, hostPortsOf } from "./host-ports.ts";
import { podRequests } from "./pod-requests.ts";

/** What a pod takes of the node that it is on, and nobody else can have. */
export interface PodClaim {
  /** By resource name; a share of a device is not among them. */
  readonly amounts: Amounts;
  readonly ports: readonly HostPort[];
  /** Indices of the devices it was given, and how many thousandths of each it holds. */
  readonly devices: readonly number[];
  readonly deviceMilli: number;
}

const NOTHING: PodClaim = { amounts: {}, ports: [], devices: [], deviceMilli: 0 };

/** A pod that is over takes nothing. */
export function podClaimOf(pod: Pod): PodClaim {
  if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || pod.spec === undefined) return NOTHING;
  const { [GPU_MILLI]: milli = WHOLE_DEVICE, ...amounts } = podRequests(pod).amounts;
  return { amounts, ports: hostPortsOf(pod.spec), devices: deviceIndices(pod.metadata.annotations) ?? [], deviceMilli: Math.min(WHOLE_DEVICE, milli) };
}
