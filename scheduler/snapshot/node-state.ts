import { amountOf } from "../../api/placement/amounts.ts";
import { HostPorts } from "../../api/placement/host-ports.ts";
import type { Node, Taint } from "../../api/wire.ts";
import { DevicePool } from "./device-pool.ts";
import type { PodInfo } from "./pod-info.ts";

const NO_LABELS: Readonly<Record<string, string>> = {};

/** A pod on a node, bound or assumed, and the devices it holds there. */
export interface Placement {
  /** Replaced when the object changes in ways that do not matter to where it counts. */
  pod: PodInfo;
  readonly node: number;
  devices: readonly number[];
  /** Decided here and not yet seen bound in the API. */
  assumed: boolean;
  /** Its removal was asked for here, to make room. */
  evicting?: boolean;
}

/** One node and what is on it. It outlives its Node object as long as pods name it. */
export class NodeState {
  readonly index: number;
  readonly name: string;
  /** Undefined: no such Node now; nothing can be placed. */
  node: Node | undefined;
  labels: Readonly<Record<string, string>> = NO_LABELS;
  /** Effects NoSchedule and NoExecute. */
  hardTaints: readonly Taint[] = [];
  /** Effect PreferNoSchedule. */
  softTaints: readonly Taint[] = [];
  unschedulable = false;
  /** Image name → bytes. */
  images: ReadonlyMap<string, number> = new Map();
  devices: DevicePool | undefined;
  ports: HostPorts | undefined;
  /** Placements that could be elsewhere: not pinned to this node by name (as DaemonSet pods are). */
  movable = 0;
  readonly placements = new Map<string, Placement>();

  constructor(index: number, name: string) {
    this.index = index;
    this.name = name;
  }

  /** Reads the Node; returns whether anything that static rules look at changed. */
  setNode(node: Node, deviceResources: readonly string[]): boolean {
    const old = this.node;
    this.node = node;
    const changed = old === undefined || staticText(old) !== staticText(node);
    if (!changed) return false;
    this.labels = node.metadata.labels ?? NO_LABELS;
    const taints = node.spec?.taints ?? [];
    this.hardTaints = taints.filter((taint) => taint.effect === "NoSchedule" || taint.effect === "NoExecute");
    this.softTaints = taints.filter((taint) => taint.effect === "PreferNoSchedule");
    this.unschedulable = node.spec?.unschedulable ?? false;
    this.images = imagesOf(node);
    this.#setDevices(node, deviceResources);
    return true;
  }

  clearNode(): void {
    this.node = undefined;
    this.labels = NO_LABELS;
    this.hardTaints = [];
    this.softTaints = [];
    this.unschedulable = false;
    this.images = new Map();
    this.devices = undefined;
  }

  #setDevices(node: Node, deviceResources: readonly string[]): void {
    const counts = deviceResources.map((resource) => [resource, Math.min(MAX_DEVICES, amountOf(resource, node.status?.allocatable?.[resource]))] as const);
    if (counts.every(([, count]) => count === 0)) {
      this.devices = undefined;
      return;
    }
    this.devices = new DevicePool(counts);
    for (const placement of this.placements.values()) {
      const request = placement.pod.shape.device;
      if (request === undefined) continue;
      if (placement.devices.length === 0) placement.devices = this.devices.choose(request) ?? [];
      this.devices.take(placement.devices, request.milli);
    }
  }

  addPorts(pod: PodInfo): void {
    if (pod.shape.hostPorts.length === 0) return;
    this.ports ??= new HostPorts();
    for (const port of pod.shape.hostPorts) this.ports.add(port);
  }

  removePorts(pod: PodInfo): void {
    for (const port of pod.shape.hostPorts) this.ports?.remove(port);
  }
}

/** No machine has more; a larger number is a mistake that must not cost memory. */
const MAX_DEVICES = 1024;

function imagesOf(node: Node): Map<string, number> {
  const images = new Map<string, number>();
  for (const image of node.status?.images ?? []) for (const name of image.names ?? []) images.set(name, image.sizeBytes ?? 0);
  return images;
}

/** What `setNode` reads, as text: heartbeats change none of it. */
function staticText(node: Node): string {
  return JSON.stringify([node.metadata.uid, node.metadata.labels, node.spec?.taints, node.spec?.unschedulable, node.status?.allocatable, node.status?.images]);
}
