import type { Node } from "../../api/wire.ts";
import { nodeCondition } from "./health.ts";

/** After kube-controller-manager: how the health of a zone bounds the eviction of its pods. */
export interface EvictionOptions {
  /** Nodes per second whose pods are evicted; 0.1 unless said otherwise. */
  readonly rate: number;
  /** In a disrupted zone of a large cluster; 0.01. In a small cluster it is 0. */
  readonly secondaryRate: number;
  /** Nodes beyond which a cluster is large; 50. */
  readonly largeCluster: number;
  /** Share of nodes not ready that makes a zone disrupted; 0.55. */
  readonly unhealthyThreshold: number;
}

export const DEFAULT_EVICTION: EvictionOptions = { rate: 0.1, secondaryRate: 0.01, largeCluster: 50, unhealthyThreshold: 0.55 };

export type ZoneState = "Normal" | "PartialDisruption" | "FullDisruption";

export function zoneOf(node: Node): string {
  const { labels } = node.metadata;
  return `${labels?.["topology.kubernetes.io/region"] ?? ""}:${labels?.["topology.kubernetes.io/zone"] ?? ""}`;
}

export interface ZoneHealth {
  readonly state: ZoneState;
  readonly nodes: number;
}

/** State of each zone: three or more nodes and the threshold's share not ready are a disruption; all of them, a full one. Pure. */
export function zoneStates(nodes: readonly Node[], options: EvictionOptions): Map<string, ZoneHealth> {
  const states = new Map<string, ZoneHealth>();
  for (const [zone, members] of Map.groupBy(nodes, zoneOf)) {
    const down = members.filter((node) => nodeCondition(node, "Ready")?.status !== "True").length;
    const partial = down > 2 && down / members.length >= options.unhealthyThreshold;
    states.set(zone, { state: down > 0 && down === members.length ? "FullDisruption" : partial ? "PartialDisruption" : "Normal", nodes: members.length });
  }
  return states;
}

/** Every zone is down: it is rather us who are cut off, so nobody is evicted. */
export function isEverythingDown(states: ReadonlyMap<string, ZoneHealth>): boolean {
  return states.size > 0 && [...states.values()].every(({ state }) => state === "FullDisruption");
}

/** Nodes per second whose pods may be evicted in a zone. */
export function evictionRate({ state, nodes }: ZoneHealth, options: EvictionOptions): number {
  if (state !== "PartialDisruption") return options.rate;
  return nodes > options.largeCluster ? options.secondaryRate : 0;
}

/** One token, refilled at the zone's rate. */
export class EvictionLimiter {
  #tokens = 1;
  #at_ms: number;

  constructor(now_ms: number) {
    this.#at_ms = now_ms;
  }

  /** Takes the token (0), or says in how many milliseconds it will be there (Infinity at rate 0). */
  take(rate: number, now_ms: number): number {
    this.#tokens = Math.min(1, this.#tokens + ((now_ms - this.#at_ms) / 1000) * rate);
    this.#at_ms = now_ms;
    if (this.#tokens < 1) return rate > 0 ? ((1 - this.#tokens) / rate) * 1000 : Number.POSITIVE_INFINITY;
    this.#tokens -= 1;
    return 0;
  }
}
