import type { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import type { NodeState } from "../snapshot/node-state.ts";
import { CPU, MEMORY } from "../snapshot/resource-columns.ts";
import type { Demand } from "./demand.ts";
import { type NodeKind, NodeKinds } from "./node-kinds.ts";
import { type NodeRoom, strandedDevices, strandedRoom } from "./stranding.ts";
import type { Outlook, WorkloadModel } from "./workload-model.ts";

const MIB = 1024 * 1024;
const WHOLE = 1000;
/** What starting to use an empty node costs, in thousandths of a device: empty nodes are kept for pods that need a whole one. */
const OPENING_DEVICES = 50;
/** The same for a node without devices, in thousandths of the node: any node in use is better. */
const OPENING_ROOM = 500;
/**
 * What fullness of a node without devices saves, in thousandths of the node: while a cluster fills up just enough to choose between nodes that would end
 * alike; the more pods leave, the more the fuller ones are filled, so that the others drain.
 */
const FULLNESS_FILLING = 20;
const FULLNESS_STEADY = 100;
/** What a pod without devices costs on a node that has some: those are kept for pods that need them, rather an empty node is taken. */
const INTRUSION = 700;
/** What a pod that asks for less than it counts costs on a node where its count has no room: rather an empty node. */
const CROWDING = 600;
/** Node states whose value is remembered. */
const MAX_MEMO = 200_000;
const MAX_DEVICES = 1024;

interface NodeValue {
  readonly changed: number;
  readonly kind: NodeKind;
  readonly stranded: number;
}

/**
 * Values a placement by how much it changes what the node is expected to keep unused for ever, under futures drawn from the workload so far.
 * Values of node states are remembered, so equal nodes are tried once.
 */
export class Packing {
  readonly #snapshot: ClusterSnapshot;
  readonly #model: WorkloadModel;
  #outlook: Outlook | undefined;
  #kinds = new NodeKinds([]);
  #memo = new Map<string, number>();
  #values = new Map<number, NodeValue>();
  readonly #room: NodeRoom = { cpu_milli: 0, memory_mib: 0, free: new Int32Array(MAX_DEVICES), devices: 0 };

  constructor(snapshot: ClusterSnapshot, model: WorkloadModel) {
    this.#snapshot = snapshot;
    this.#model = model;
  }

  /** What costs depend on besides the node; undefined: too little is known, there are no costs yet. */
  get outlook(): Outlook | undefined {
    return this.#model.outlook;
  }

  /** Cost of the placement, in thousandths of a device (of the node where it has none), and the devices that it should take. The node must be feasible. */
  place(demand: Demand, node: number): { readonly cost: number; readonly devices: readonly number[] } {
    this.#refresh();
    const outlook = this.#outlook!;
    const state = this.#snapshot.nodes[node]!;
    const { kind, stranded } = this.#valueOf(state, outlook);
    const opening = state.movable > 0 ? 0 : state.devices === undefined ? OPENING_ROOM : OPENING_DEVICES;
    if (demand.devices === 0 || state.devices === undefined) {
      this.#read(state, demand);
      const crowding = this.#room.cpu_milli < 0 || this.#room.memory_mib < 0 ? CROWDING : 0;
      return { cost: opening + crowding + (state.devices === undefined ? -this.#fullness(state, outlook) : INTRUSION) + this.#stranded(state, kind, outlook) - stranded, devices: [] };
    }
    const choices = demand.milli === WHOLE ? [wholeDevices(state, demand)] : sharedDevices(state, demand);
    let best = Number.POSITIVE_INFINITY;
    let devices: readonly number[] = [];
    for (const choice of choices) {
      this.#read(state, demand);
      for (const device of choice) this.#room.free[device]! -= demand.milli;
      const cost = opening + this.#stranded(state, kind, outlook) - stranded;
      if (cost >= best) continue;
      best = cost;
      devices = choice;
    }
    return { cost: best, devices };
  }

  #refresh(): void {
    if (this.#outlook === this.#model.outlook) return;
    this.#outlook = this.#model.outlook;
    this.#kinds = new NodeKinds(this.#outlook?.futures.demands ?? []);
    this.#memo = new Map();
    this.#values = new Map();
  }

  #valueOf(state: NodeState, outlook: Outlook): NodeValue {
    const changed = this.#snapshot.changes.lastChange(state.index);
    const known = this.#values.get(state.index);
    if (known?.changed === changed) return known;
    const kind = this.#kinds.of(state, this.#snapshot.staticVersion[state.index]!);
    this.#read(state, NOTHING);
    const value = { changed, kind, stranded: this.#stranded(state, kind, outlook) };
    this.#values.set(state.index, value);
    return value;
  }

  /** Reads what the node has left after `demand`'s CPU and memory. */
  #read(state: NodeState, demand: Pick<Demand, "cpu_milli" | "memory_mib">): void {
    const { allocatable, scoredCpu, scoredMemory } = this.#snapshot;
    const room = this.#room;
    room.cpu_milli = allocatable[CPU]![state.index]! - scoredCpu[state.index]! - demand.cpu_milli;
    room.memory_mib = Math.floor((allocatable[MEMORY]![state.index]! - scoredMemory[state.index]!) / MIB) - demand.memory_mib;
    room.devices = state.devices?.free.length ?? 0;
    for (let i = 0; i < room.devices; i++) room.free[i] = Math.max(0, state.devices!.free[i]!);
  }

  /** Of a node without devices, as #room leaves it: pods come and go, and a node that gets no more of them drains. */
  #fullness(state: NodeState, { turnover }: Outlook): number {
    const { allocatable } = this.#snapshot;
    const cpu = this.#room.cpu_milli / Math.max(1, allocatable[CPU]![state.index]!);
    const memory = (this.#room.memory_mib * MIB) / Math.max(1, allocatable[MEMORY]![state.index]!);
    return (FULLNESS_FILLING + (FULLNESS_STEADY - FULLNESS_FILLING) * turnover) * (1 - (cpu + memory) / 2);
  }

  /** The value of what #read and its caller left in #room. */
  #stranded(state: NodeState, kind: NodeKind, outlook: Outlook): number {
    const room = this.#room;
    const { allocatable } = this.#snapshot;
    sortFirst(room.free, room.devices);
    const cpuCapacity = allocatable[CPU]![state.index]!;
    const memoryCapacity = allocatable[MEMORY]![state.index]! / MIB;
    let key = `${kind.id},${room.cpu_milli},${room.memory_mib}`;
    if (room.devices === 0) key += `/${cpuCapacity},${memoryCapacity}`;
    else for (let i = 0; i < room.devices; i++) key += `,${room.free[i]}`;
    let value = this.#memo.get(key);
    if (value === undefined) {
      value = room.devices === 0 ? strandedRoom(room, cpuCapacity, memoryCapacity, outlook, kind.takes) : strandedDevices(room, outlook, kind.takes);
      if (this.#memo.size >= MAX_MEMO) this.#memo.clear();
      this.#memo.set(key, value);
    }
    return value;
  }
}

const NOTHING = { cpu_milli: 0, memory_mib: 0 };

/** Insertion sort of the first `length` values: there are few. Which device has what is free does not matter to a node's value. */
function sortFirst(values: Int32Array, length: number): void {
  for (let i = 1; i < length; i++) {
    const value = values[i]!;
    let at = i;
    while (at > 0 && values[at - 1]! > value) {
      values[at] = values[at - 1]!;
      at--;
    }
    values[at] = value;
  }
}

function wholeDevices(state: NodeState, demand: Demand): readonly number[] {
  return state.devices!.choose(demand.shape.device!) ?? [];
}

/** One device of each different amount that is left and suffices. */
function sharedDevices(state: NodeState, demand: Demand): (readonly number[])[] {
  const { free } = state.devices!;
  const choices: number[][] = [];
  for (let i = 0; i < free.length; i++) {
    if (free[i]! < demand.milli || free.indexOf(free[i]!) !== i) continue;
    choices.push([i]);
  }
  return choices;
}
