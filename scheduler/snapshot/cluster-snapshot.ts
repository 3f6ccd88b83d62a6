import { amountOf } from "../../api/placement/amounts.ts";
import type { Node } from "../../api/wire.ts";
import { ChangeLog } from "./change-log.ts";
import { ImageIndex } from "./image-index.ts";
import { NodeState, type Placement } from "./node-state.ts";
import type { PodInfo } from "./pod-info.ts";
import { ResourceColumns } from "./resource-columns.ts";

/** Gets told of every placement that comes or goes: the counters of rules between pods. */
export interface PlacementListener {
  placed(placement: Placement): void;
  removed(placement: Placement): void;
  /** A node's labels or existence changed; called after the change. */
  nodeChanged?(node: NodeState): void;
}

/**
 * The cluster as the scheduler believes it to be: nodes in slots, amounts in one typed array per resource, pods bound or assumed.
 * Kept up to date by events; every change goes into `changes`.
 */
export class ClusterSnapshot {
  readonly columns = new ResourceColumns();
  readonly nodes: NodeState[] = [];
  /** [column][node]: what the node offers; 0 while there is no Node. */
  readonly allocatable: Float64Array[] = [];
  /** [column][node]: what its pods request. */
  readonly requested: Float64Array[] = [];
  /** CPU and memory as scores count them. */
  scoredCpu: Float64Array;
  scoredMemory: Float64Array;
  /** Goes up whenever something static (labels, taints, existence, allocatable) of the node changes. */
  staticVersion: Int32Array;
  readonly images = new ImageIndex();
  readonly changes: ChangeLog;
  readonly placements = new Map<string, Placement>();
  /** Nodes whose Node exists. */
  nodeCount = 0;
  /** Nodes with PreferNoSchedule taints. */
  softTaintedNodes = 0;
  /** Nodes with devices. */
  deviceNodes = 0;
  readonly #byName = new Map<string, number>();
  readonly #freeSlots: number[] = [];
  readonly #deviceResources: readonly string[];
  readonly #listeners: PlacementListener[] = [];
  #capacity = 64;

  constructor(deviceResources: readonly string[]) {
    this.#deviceResources = deviceResources;
    this.changes = new ChangeLog(this.#capacity);
    for (let column = 0; column < this.columns.names.length; column++) this.#addColumn();
    this.scoredCpu = new Float64Array(this.#capacity);
    this.scoredMemory = new Float64Array(this.#capacity);
    this.staticVersion = new Int32Array(this.#capacity);
  }

  /** Slots in use or free: indices are below it. */
  get slots(): number {
    return this.nodes.length;
  }

  addListener(listener: PlacementListener): void {
    this.#listeners.push(listener);
  }

  nodeNamed(name: string): NodeState | undefined {
    const index = this.#byName.get(name);
    return index === undefined ? undefined : this.nodes[index];
  }

  /** Adds or updates a node. Returns whether anything changed that a rule could see. */
  setNode(node: Node): boolean {
    const state = this.#slotOf(node.metadata.name ?? "");
    const before = state.node;
    const images = state.images;
    this.#countNode(state, -1);
    const changed = state.setNode(node, this.#deviceResources);
    this.#countNode(state, 1);
    if (!changed) return false;
    if (before === undefined) this.nodeCount++;
    if (before === undefined || !sameImages(images, state.images)) {
      if (before !== undefined) this.images.count(images, -1);
      this.images.count(state.images, 1);
    }
    this.#setAllocatable(state.index, node);
    this.#staticChange(state);
    return true;
  }

  removeNode(name: string): void {
    const state = this.nodeNamed(name);
    if (state?.node === undefined) return;
    this.#countNode(state, -1);
    this.images.count(state.images, -1);
    state.clearNode();
    this.nodeCount--;
    for (const column of this.allocatable) column[state.index] = 0;
    this.#staticChange(state);
    this.#freeIfEmpty(state);
  }

  /** Puts a pod on a node (which need not exist yet). A pod that is placed elsewhere is moved. */
  place(pod: PodInfo, nodeName: string, devices: readonly number[] | undefined, assumed: boolean): Placement {
    this.unplace(pod.key);
    const state = this.#slotOf(nodeName);
    const placement: Placement = { pod, node: state.index, devices: this.#devicesFor(pod, state, devices), assumed };
    state.placements.set(pod.key, placement);
    this.placements.set(pod.key, placement);
    this.#account(placement, 1);
    for (const listener of this.#listeners) listener.placed(placement);
    return placement;
  }

  /** Takes a pod off its node. Returns where it was. */
  unplace(key: string): Placement | undefined {
    const placement = this.placements.get(key);
    if (placement === undefined) return undefined;
    const state = this.nodes[placement.node]!;
    this.placements.delete(key);
    state.placements.delete(key);
    this.#account(placement, -1);
    for (const listener of this.#listeners) listener.removed(placement);
    this.#freeIfEmpty(state);
    return placement;
  }

  #devicesFor(pod: PodInfo, state: NodeState, given: readonly number[] | undefined): readonly number[] {
    const request = pod.shape.device;
    if (request === undefined) return [];
    if (given !== undefined) return given;
    return state.devices?.choose(request) ?? [];
  }

  #account(placement: Placement, sign: 1 | -1): void {
    const { shape } = placement.pod;
    const node = placement.node;
    const state = this.nodes[node]!;
    for (let i = 0; i < shape.resourceNames.length; i++) {
      const column = this.columns.columnOf(shape.resourceNames[i]!);
      if (column >= 0) this.requested[column]![node]! += sign * shape.resourceAmounts[i]!;
    }
    this.scoredCpu[node]! += sign * shape.requests.scoredCpu_milli;
    this.scoredMemory[node]! += sign * shape.requests.scoredMemory_bytes;
    if (shape.pinned === undefined) state.movable += sign;
    if (sign > 0) state.addPorts(placement.pod);
    else state.removePorts(placement.pod);
    if (shape.device !== undefined && state.devices !== undefined) {
      if (sign > 0) state.devices.take(placement.devices, shape.device.milli);
      else state.devices.release(placement.devices, shape.device.milli);
    }
    this.changes.add(node);
  }

  #countNode(state: NodeState, sign: 1 | -1): void {
    if (state.softTaints.length > 0) this.softTaintedNodes += sign;
    if (state.devices !== undefined) this.deviceNodes += sign;
  }

  #setAllocatable(index: number, node: Node): void {
    const offered = node.status?.allocatable ?? {};
    for (const name in offered) this.#internColumn(name);
    for (let column = 0; column < this.columns.names.length; column++) {
      const name = this.columns.names[column]!;
      this.allocatable[column]![index] = amountOf(name, offered[name]);
    }
  }

  #internColumn(name: string): void {
    const column = this.columns.intern(name);
    if (column < this.allocatable.length) return;
    this.#addColumn();
    for (const { pod, node } of this.placements.values()) {
      const amount = pod.shape.requests.amounts[name];
      if (amount !== undefined) this.requested[column]![node]! += amount;
    }
  }

  #staticChange(state: NodeState): void {
    this.staticVersion[state.index]!++;
    this.changes.add(state.index);
    for (const listener of this.#listeners) listener.nodeChanged?.(state);
  }

  #slotOf(name: string): NodeState {
    const known = this.nodeNamed(name);
    if (known !== undefined) return known;
    const index = this.#freeSlots.pop() ?? this.nodes.length;
    if (index >= this.#capacity) this.#grow();
    const state = new NodeState(index, name);
    this.nodes[index] = state;
    this.#byName.set(name, index);
    return state;
  }

  #freeIfEmpty(state: NodeState): void {
    if (state.node !== undefined || state.placements.size > 0) return;
    this.#byName.delete(state.name);
    this.#freeSlots.push(state.index);
    for (const column of this.requested) column[state.index] = 0;
    this.scoredCpu[state.index] = 0;
    this.scoredMemory[state.index] = 0;
  }

  #addColumn(): void {
    this.allocatable.push(new Float64Array(this.#capacity));
    this.requested.push(new Float64Array(this.#capacity));
  }

  #grow(): void {
    this.#capacity *= 2;
    const wider = (array: Float64Array) => {
      const grown = new Float64Array(this.#capacity);
      grown.set(array);
      return grown;
    };
    for (const table of [this.allocatable, this.requested]) for (let i = 0; i < table.length; i++) table[i] = wider(table[i]!);
    this.scoredCpu = wider(this.scoredCpu);
    this.scoredMemory = wider(this.scoredMemory);
    const versions = new Int32Array(this.#capacity);
    versions.set(this.staticVersion);
    this.staticVersion = versions;
    this.changes.grow(this.#capacity);
  }
}

function sameImages(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, size] of a) if (b.get(name) !== size) return false;
  return true;
}
