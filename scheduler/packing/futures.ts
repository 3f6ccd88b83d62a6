import type { Random } from "../../lib/random.ts";
import type { Demand } from "./demand.ts";

/** Futures that every node state is tried against: the same for all (common random numbers), so that differences between states are not noise. */
export const FUTURES = 64;
/** Pods offered in each future. */
export const OFFERS = 80;
/** Mean extra waste (thousandths of a device) at which a node of the future leaves a pod to others. */
const PATIENCE_MILLI = 150;

/** Sequences of pods as the workload so far makes them likely. Offer t of future f is at f * OFFERS + t. */
export interface Futures {
  readonly cpu_milli: Int32Array;
  readonly memory_mib: Int32Array;
  readonly devices: Int32Array;
  readonly milli: Int32Array;
  /** Index of the demand that was drawn. */
  readonly demand: Int32Array;
  /** A device takes the offer when that wastes at most this much more of it. */
  readonly patience_milli: Float64Array;
  readonly demands: readonly Demand[];
}

const MAX_INT32 = 2 ** 31 - 1;

/** Draws futures from demands, each as likely as the others. */
export function drawFutures(demands: readonly Demand[], random: Random): Futures {
  const size = FUTURES * OFFERS;
  const futures = {
    cpu_milli: new Int32Array(size),
    memory_mib: new Int32Array(size),
    devices: new Int32Array(size),
    milli: new Int32Array(size),
    demand: new Int32Array(size),
    patience_milli: new Float64Array(size),
    demands,
  };
  for (let i = 0; i < size; i++) {
    const index = Math.floor(random.next() * demands.length);
    const demand = demands[index]!;
    futures.demand[i] = index;
    futures.cpu_milli[i] = Math.min(MAX_INT32, demand.cpu_milli);
    futures.memory_mib[i] = Math.min(MAX_INT32, demand.memory_mib);
    futures.devices[i] = demand.devices;
    futures.milli[i] = demand.milli;
    futures.patience_milli[i] = -PATIENCE_MILLI * Math.log(1 - random.next());
  }
  return futures;
}
