import type { TracePod } from "./trace.ts";

const WHOLE = 1000;
const ROUNDS = 3000;

/**
 * An upper bound on the GPU allocation that any policy can reach with these arrivals, in per cent, also one that knows them all beforehand and refuses
 * any pod it likes. Each device takes whole pods or shares of at most one device together; CPU, memory, models and which devices are on one node
 * are left out, and pods of several devices count as that many pods. Of what is left (cutting stock with limited supply) the linear relaxation is
 * bounded by Lagrangian duality: for any price per share size, what all supply costs plus, for each device, the dearest filling at its worth less its
 * price. Every price gives a bound; subgradient steps look for a low one.
 */
export function upperBound(arriving: readonly TracePod[], devices: number): number {
  const supply = new Map<number, number>();
  for (const pod of arriving) if (pod.devices > 0) supply.set(pod.milli, (supply.get(pod.milli) ?? 0) + pod.devices);
  const sizes = Int32Array.from(supply.keys()).sort();
  const counts = Float64Array.from(sizes, (size) => supply.get(size)!);
  const prices = new Float64Array(sizes.length);
  let asked = 0;
  for (let i = 0; i < sizes.length; i++) asked += sizes[i]! * counts[i]!;
  let best = Math.min(asked, devices * WHOLE);
  for (let round = 1; round <= ROUNDS; round++) {
    const { worth, used } = dearestFilling(sizes, prices);
    let bound = devices * worth;
    for (let i = 0; i < sizes.length; i++) bound += prices[i]! * counts[i]!;
    best = Math.min(best, bound);
    const step = WHOLE / 4 / Math.sqrt(round);
    for (let i = 0; i < sizes.length; i++) {
      const excess = (devices * used[i]! - counts[i]!) / Math.max(counts[i]!, devices);
      prices[i] = Math.max(0, Math.min(sizes[i]!, prices[i]! + step * excess));
    }
  }
  return best / devices / 10;
}

/** The filling of one device that is worth most at size − price for each pod in it, and how many of each size it holds. */
function dearestFilling(sizes: Int32Array, prices: Float64Array): { readonly worth: number; readonly used: Float64Array } {
  const worth = new Float64Array(WHOLE + 1);
  const last = new Int32Array(WHOLE + 1).fill(-1);
  for (let room = 1; room <= WHOLE; room++) {
    worth[room] = worth[room - 1]!;
    for (let i = 0; i < sizes.length && sizes[i]! <= room; i++) {
      const value = worth[room - sizes[i]!]! + sizes[i]! - prices[i]!;
      if (value <= worth[room]!) continue;
      worth[room] = value;
      last[room] = i;
    }
  }
  const used = new Float64Array(sizes.length);
  for (let room = WHOLE; room > 0; ) {
    const i = last[room]!;
    if (i < 0) room--;
    else {
      used[i]!++;
      room -= sizes[i]!;
    }
  }
  return { worth: worth[WHOLE]!, used };
}
