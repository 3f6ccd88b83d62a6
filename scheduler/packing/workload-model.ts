import { type Random, seededRandom } from "../../lib/random.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import { type Demand, demandOf } from "./demand.ts";
import { DeviceWaste } from "./device-waste.ts";
import { drawFutures, type Futures } from "./futures.ts";

/** Pods remembered. */
const SAMPLE = 4096;
/** A pod is remembered for about this many arrivals, so that the model follows a workload that changes. */
const WINDOW = 16_384;
/** Pods to see before the model says anything. */
const FIRST = 1;
/** The model is drawn anew when it has seen this many times as many pods as at the last time, and at least every MOST_BETWEEN pods. */
const GROWTH = 1.25;
const MOST_BETWEEN = 4096;

/** How many parts turnover is told in: nodes are valued anew when it changes. */
const TURNOVER_STEPS = 4;
/** Arrivals and departures count for about this many arrivals. */
const TURNOVER_WINDOW = 4096;

/** A mix that differs less than this (total variation) from the one drawn last is not drawn again: values would change by noise alone. */
const SAME_MIX = 0.01;

/** What is drawn from the workload so far; replaced as a whole, so that whoever caches by it can tell. */
export interface Outlook {
  readonly futures: Futures;
  readonly waste: DeviceWaste;
  /** Share of the pods that ask for several devices at once, by how many: [devices, probability]. */
  readonly gangs: readonly (readonly [devices: number, probability: number])[];
  /** Departures per arrival of late, 0 to 1 in quarters: 0 while a cluster fills up, 1 when as many pods go as come. */
  readonly turnover: number;
}

/** Learns the mix of pods from those that arrived, and from nothing else. The same arrivals in the same order give the same model. */
export class WorkloadModel {
  readonly #sample: Demand[] = [];
  readonly #random: Random = seededRandom(1);
  #seen = 0;
  #nextDraw = FIRST;
  #outlook: Outlook | undefined;
  /** Of the last draw. */
  #mix: ReadonlyMap<PodShape, number> = new Map();
  #arrivals = 0;
  #departures = 0;

  /** Undefined while too little is known. */
  get outlook(): Outlook | undefined {
    return this.#outlook;
  }

  /** A pod arrived. */
  observe(shape: PodShape): void {
    if (shape.pinned !== undefined) return;
    this.#seen++;
    this.#arrivals += 1 - this.#arrivals / TURNOVER_WINDOW;
    this.#departures -= this.#departures / TURNOVER_WINDOW;
    if (this.#sample.length < SAMPLE) this.#sample.push(demandOf(shape));
    else {
      const at = Math.floor(this.#random.next() * Math.min(this.#seen, WINDOW));
      if (at < SAMPLE) this.#sample[at] = demandOf(shape);
    }
    if (this.#seen >= this.#nextDraw) this.#draw();
  }

  /** A pod left its node for good. */
  depart(shape: PodShape): void {
    if (shape.pinned === undefined) this.#departures++;
  }

  #draw(): void {
    this.#nextDraw = Math.min(Math.ceil(this.#seen * GROWTH), this.#seen + MOST_BETWEEN);
    const demands = [...this.#sample];
    const mix = mixOf(demands);
    const turnover = Math.round(Math.min(1, this.#departures / this.#arrivals) * TURNOVER_STEPS) / TURNOVER_STEPS;
    if (this.#outlook !== undefined && distance(mix, this.#mix) < SAME_MIX) {
      if (this.#outlook.turnover !== turnover) this.#outlook = { ...this.#outlook, turnover };
      return;
    }
    this.#mix = mix;
    const gangs = new Map<number, number>();
    for (const { devices } of demands) if (devices > 1) gangs.set(devices, (gangs.get(devices) ?? 0) + 1 / demands.length);
    this.#outlook = { futures: drawFutures(demands, seededRandom(2)), waste: new DeviceWaste(demands), gangs: [...gangs], turnover };
  }
}

/** Share of each shape among the demands. */
function mixOf(demands: readonly Demand[]): Map<PodShape, number> {
  const mix = new Map<PodShape, number>();
  for (const { shape } of demands) mix.set(shape, (mix.get(shape) ?? 0) + 1 / demands.length);
  return mix;
}

/** Total variation distance: 0 for equal mixes, 1 for those that have nothing in common. */
function distance(a: ReadonlyMap<PodShape, number>, b: ReadonlyMap<PodShape, number>): number {
  let sum = 0;
  for (const [shape, share] of a) sum += Math.abs(share - (b.get(shape) ?? 0));
  for (const [shape, share] of b) if (!a.has(shape)) sum += share;
  return sum / 2;
}
