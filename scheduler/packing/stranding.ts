import { FUTURES, OFFERS } from "./futures.ts";
import type { Outlook } from "./workload-model.ts";

/** What packing looks at of a node. `free[i]`: thousandths of device i. */
export interface NodeRoom {
  cpu_milli: number;
  memory_mib: number;
  readonly free: Int32Array;
  devices: number;
}

/** How optimistic the average over futures is, in thousandths: futures that end better by this much count e times as much. */
const OPTIMISM_MILLI = 150;
/** The same for nodes without devices. */
const OPTIMISM_ROOM_MILLI = 60;
/** Weight of the free devices that a pod of several devices could not use. */
const GANG_WEIGHT = 0.1;
const WHOLE = 1000;

const left = new Float64Array(FUTURES);
const scratch = new Int32Array(1024);

/**
 * Thousandths of devices that a node with this room is expected to keep unused for ever: it is offered many futures, takes every pod that fits
 * (shares to the device that they leave least on; a pod that would waste much is left to others now and then), and what stays free is averaged,
 * good ends counting more because the scheduler can choose which pods a node gets.
 * `takes`: whether pods of a demand may go to this node at all.
 */
export function strandedDevices(room: NodeRoom, { futures, waste, gangs }: Outlook, takes: Uint8Array): number {
  const { devices } = room;
  let free = 0;
  let whole = 0;
  for (let i = 0; i < devices; i++) {
    free += room.free[i]!;
    if (room.free[i] === WHOLE) whole++;
  }
  if (free === 0) return 0;
  for (let future = 0; future < FUTURES; future++) left[future] = playDevices(room, free, whole, future * OFFERS, futures, waste, takes);
  let penalty = 0;
  for (const [count, probability] of gangs) penalty += probability * (whole >= count ? free - whole * WHOLE : free);
  return GANG_WEIGHT * penalty + optimisticMean(left, OPTIMISM_MILLI);
}

/**
 * The same for a node without devices: thousandths of the node (mean of CPU and memory) that are expected to stay unused. Where pods leave as they come
 * nothing is for ever: a node whose pods are replaced is looked at until as much was offered as it holds, with less turnover further ahead.
 */
export function strandedRoom(room: NodeRoom, cpuCapacity_milli: number, memoryCapacity_mib: number, { futures, turnover }: Outlook, takes: Uint8Array): number {
  const { cpu_milli, memory_mib, devices, demand } = futures;
  const cpuPart = WHOLE / 2 / Math.max(1, cpuCapacity_milli);
  const memoryPart = WHOLE / 2 / Math.max(1, memoryCapacity_mib);
  const ahead = WHOLE / turnover ** 2;
  for (let future = 0; future < FUTURES; future++) {
    let cpu = room.cpu_milli;
    let memory = room.memory_mib;
    const start = future * OFFERS;
    let offered = 0;
    for (let at = start; at < start + OFFERS && offered < ahead; at++) {
      if (devices[at] !== 0 || takes[demand[at]!] === 0) continue;
      offered += cpu_milli[at]! * cpuPart + memory_mib[at]! * memoryPart;
      if (cpu_milli[at]! > cpu || memory_mib[at]! > memory) continue;
      cpu -= cpu_milli[at]!;
      memory -= memory_mib[at]!;
    }
    left[future] = cpu * cpuPart + memory * memoryPart;
  }
  return optimisticMean(left, OPTIMISM_ROOM_MILLI);
}

function playDevices(room: NodeRoom, allFree: number, allWhole: number, start: number, futures: Outlook["futures"], waste: Outlook["waste"], takes: Uint8Array): number {
  const { devices } = room;
  const { cpu_milli, memory_mib, devices: counts, milli, demand, patience_milli } = futures;
  for (let i = 0; i < devices; i++) scratch[i] = room.free[i]!;
  let cpu = room.cpu_milli;
  let memory = room.memory_mib;
  let free = allFree;
  let whole = allWhole;
  for (let at = start; at < start + OFFERS; at++) {
    if (cpu_milli[at]! > cpu || memory_mib[at]! > memory || takes[demand[at]!] === 0) continue;
    const count = counts[at]!;
    if (count > 0) {
      const each = milli[at]!;
      if (each === WHOLE) {
        if (count > whole) continue;
        takeWhole(count, devices);
        whole -= count;
      } else {
        const best = bestDevice(each, devices);
        if (best < 0) continue;
        const residual = scratch[best]!;
        if (waste.of(residual - each) - waste.of(residual) > patience_milli[at]!) continue;
        if (residual === WHOLE) whole--;
        scratch[best] = residual - each;
      }
      free -= count * each;
      if (free === 0) return 0;
    }
    cpu -= cpu_milli[at]!;
    memory -= memory_mib[at]!;
  }
  return free;
}

function takeWhole(count: number, devices: number): void {
  for (let i = 0, missing = count; i < devices && missing > 0; i++) {
    if (scratch[i] !== WHOLE) continue;
    scratch[i] = 0;
    missing--;
  }
}

function bestDevice(each: number, devices: number): number {
  let best = -1;
  for (let i = 0; i < devices; i++) if (scratch[i]! >= each && (best < 0 || scratch[i]! < scratch[best]!)) best = i;
  return best;
}

/** -T log mean exp(-x / T). */
function optimisticMean(values: Float64Array, optimism_milli: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < least) least = value;
  let sum = 0;
  for (const value of values) sum += Math.exp((least - value) / optimism_milli);
  return least - optimism_milli * Math.log(sum / values.length);
}
