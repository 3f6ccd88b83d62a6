import { GPU_MILLI } from "../../api/placement/devices.ts";
import type { Container, Pod } from "../../api/wire.ts";
import type { Failure } from "../decide/examine.ts";
import type { ClusterState } from "../relations/cluster-state.ts";
import type { NodeState, Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { amountText, count, quantityText, resourceText } from "./amounts.ts";
import type { Fix, Shortfall, Situation } from "./fix.ts";

/** What moving one pod away counts beside other changes. */
const MOVE_COST = 0.3;
/** Most pods that a suggestion takes away. */
const MAX_AWAY = 5;
/** What changing a request counts at least. */
const REQUEST_COST = 0.05;
const WHOLE = 1000;

/** What a node has of a resource, in the unit of the snapshot's columns. */
interface Stock {
  readonly offered: number;
  readonly free: number;
}

function stockOf({ snapshot }: ClusterState, node: NodeState, resource: string): Stock {
  const column = snapshot.columns.columnOf(resource);
  if (column < 0) return { offered: 0, free: 0 };
  const offered = snapshot.allocatable[column]![node.index]!;
  return { offered, free: offered - snapshot.requested[column]![node.index]! };
}

/** How much of a resource a placed pod holds. */
function heldBy({ pod }: Placement, resource: string): number {
  return pod.shape.requests.amounts[resource] ?? 0;
}

/** `Insufficient cpu` → cpu; `Too many pods` → pods. */
function resourceOf(reason: string): string {
  return reason === "Too many pods" ? "pods" : reason.replace(/^Insufficient /, "");
}

/** Resources and devices that are not there: how much, and who holds it. */
export function resourceShortfalls(situation: Situation, { filter, reasons }: Failure): readonly Shortfall[] {
  return reasons.map((reason) => {
    const resource = resourceOf(reason);
    return filter === "Devices" ? deviceShortfall(situation, reason, resource) : amountShortfall(situation, reason, resource);
  });
}

function amountShortfall({ pod, node, cluster }: Situation, reason: string, resource: string): Shortfall {
  const needed = pod.shape.requests.amounts[resource] ?? 0;
  const { offered, free } = stockOf(cluster, node, resource);
  const needs = resource === "pods" ? `needs a place, the node takes ${count(offered, "pod")}` : `needs ${resourceText(resource, needed)}`;
  if (offered === 0) return { filter: "NodeResourcesFit", reason, text: `${needs}, the node offers none`, fixes: [] };
  const fixes = [...lowerRequest(pod, resource, needed, Math.min(free, offered))];
  if (needed > offered) return { filter: "NodeResourcesFit", reason, text: `${needs}, the whole node has ${amountText(resource, offered)}`, fixes };
  const holders = [...node.placements.values()].filter((placement) => heldBy(placement, resource) > 0);
  const away = fewestHolders(holders, needed - free, (placement) => heldBy(placement, resource));
  if (away.length > 0 && away.length <= MAX_AWAY) fixes.push({ kind: "move", text: `take ${namesOf(away)} off ${node.name}`, cost: MOVE_COST * away.length, away });
  const have = free < 0 ? `${amountText(resource, -free)} more is promised than there is` : `${amountText(resource, free)} free`;
  return { filter: "NodeResourcesFit", reason, text: `${needs}, ${have}${holdersText(pod, holders, (one) => heldBy(one, resource), (sum) => amountText(resource, sum))}`, fixes };
}

/** Whose room could become free: pods of lower priority, and those that are going already. */
function holdersText(pod: PodInfo, holders: readonly Placement[], held: (placement: Placement) => number, text: (sum: number) => string): string {
  const parts: string[] = [];
  const tell = (some: readonly Placement[], what: string) => {
    if (some.length > 0) parts.push(`${count(some.length, "pod")} ${what} ${some.length === 1 ? "holds" : "hold"} ${text(some.reduce((sum, one) => sum + held(one), 0))}`);
  };
  const going = holders.filter((one) => one.pod.terminating);
  tell(holders.filter((one) => one.pod.priority < pod.priority && !one.pod.terminating), "of lower priority");
  tell(going, "that terminate now");
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}

/** Few pods that hold at least `missing` together: the smallest single one that does, else the largest ones first. */
function fewestHolders(holders: readonly Placement[], missing: number, held: (placement: Placement) => number): Placement[] {
  const living = holders.filter((one) => !one.pod.terminating && one.pod.shape.pinned === undefined).sort((a, b) => held(a) - held(b));
  const single = living.find((one) => held(one) >= missing);
  if (single !== undefined) return [single];
  const chosen: Placement[] = [];
  let sum = 0;
  for (const one of living.reverse()) {
    chosen.push(one);
    sum += held(one);
    if (sum >= missing) return chosen;
  }
  return [];
}

export function namesOf(placements: readonly Placement[]): string {
  const names = placements.map(({ pod }) => pod.key);
  return names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more pods`;
}

/** A smaller request of the container that asks for the most. */
function lowerRequest(pod: PodInfo, resource: string, needed: number, room: number): Fix[] {
  if (room <= 0 || resource === "pods") return [];
  const containers = pod.pod.spec?.containers ?? [];
  const asking = containers.filter((one) => one.resources?.requests?.[resource] !== undefined);
  // With several containers, sidecars or init containers it is not plain which one to change.
  if (asking.length !== 1 || (pod.pod.spec?.initContainers?.length ?? 0) > 0 || pod.pod.spec?.overhead || pod.pod.spec?.resources) return [];
  const [container] = asking;
  const quantity = quantityText(resource, room);
  if (quantity === "0") return [];
  const change = (one: Container): Container => (one.name === container!.name ? { ...one, resources: { ...one.resources, requests: { ...one.resources?.requests, [resource]: quantity } } } : one);
  return [
    {
      kind: "request",
      text: `let container ${container!.name} request ${quantity} ${resource} (now ${container!.resources!.requests![resource]})`,
      cost: REQUEST_COST + (needed - room) / needed,
      pod: (old: Pod) => ({ ...old, spec: { ...old.spec!, containers: old.spec!.containers.map(change) } }),
    },
  ];
}

function deviceShortfall({ pod, node }: Situation, reason: string, resource: string): Shortfall {
  const request = pod.shape.device!;
  const free = (node.devices?.free ?? []).filter((_, i) => request.resource === undefined || node.devices!.resources[i] === request.resource);
  const whole = free.filter((left) => left === WHOLE).length;
  const shared = free.filter((left) => left > 0 && left < WHOLE);
  const wants = resource === GPU_MILLI && request.milli < WHOLE ? `${request.milli}/1000 of one device` : `${request.count} whole ${resource === GPU_MILLI ? "devices" : resource}`;
  if (free.length === 0) return { filter: "Devices", reason, text: `needs ${wants}, the node has none`, fixes: [] };
  const rest = shared.length === 0 ? "" : request.milli < WHOLE ? `, at most ${Math.max(...shared)}/1000 on a shared one` : `, ${shared.length} shared by others`;
  const text = `needs ${wants}, ${whole} of ${free.length} free${rest}`;
  const holders = [...node.placements.values()].filter((one) => one.devices.length > 0);
  const held = (one: Placement) => (one.pod.shape.device === undefined ? 0 : one.pod.shape.device.milli * one.devices.length);
  const away = free.length < request.count ? [] : devicesAway(holders, request.count, request.milli, node);
  const fixes: Fix[] = away.length > 0 && away.length <= MAX_AWAY ? [{ kind: "move", text: `take ${namesOf(away)} off ${node.name}`, cost: MOVE_COST * away.length, away }] : [];
  return { filter: "Devices", reason, text: `${text}${holdersText(pod, holders, held, (sum) => `${Number((sum / WHOLE).toFixed(2))}`)}`, fixes };
}

/** Pods to take away so that devices with that much left are there: those that free a device each with the least removed, first. */
function devicesAway(holders: readonly Placement[], wanted: number, milli: number, node: NodeState): Placement[] {
  const left = [...node.devices!.free];
  const chosen: Placement[] = [];
  const serving = () => left.filter((one) => one >= milli).length;
  const rest = holders.filter((one) => one.pod.shape.pinned === undefined && !one.pod.terminating);
  while (serving() < wanted && rest.length > 0) {
    const gain = (one: Placement) => one.devices.reduce((sum, device) => sum + Math.min(WHOLE, left[device]! + one.pod.shape.device!.milli), 0) / one.devices.length - one.devices.length;
    rest.sort((a, b) => gain(b) - gain(a));
    const [next] = rest.splice(0, 1);
    for (const device of next!.devices) left[device]! += next!.pod.shape.device!.milli;
    chosen.push(next!);
  }
  return serving() >= wanted ? chosen : [];
}
