import type { Demand } from "./demand.ts";

/** Residuals of a device are looked at in steps of this many thousandths. */
const STEP_MILLI = 10;
const STEPS = 1000 / STEP_MILLI;
/** How strongly the next pod of a device is the one that fits it best rather than any (1 / thousandths). */
const SELECTION = 0.004;

/**
 * For each residual of one device, how many thousandths of it are expected to stay unused for ever, when the next pods are drawn from the
 * workload and a device rather gets those that leave little. The device alone: CPU and memory are not looked at.
 */
export class DeviceWaste {
  readonly #waste = new Float64Array(STEPS + 1);

  constructor(demands: readonly Demand[]) {
    const weights = new Map<number, number>();
    for (const { devices, milli } of demands) {
      const steps = Math.ceil(milli / STEP_MILLI);
      if (devices > 0) weights.set(steps, (weights.get(steps) ?? 0) + devices);
    }
    for (let residual = 0; residual <= STEPS; residual++) {
      let total = 0;
      let waste = 0;
      for (const [steps, weight] of weights) {
        if (steps > residual) continue;
        const left = this.#waste[residual - steps]!;
        const chosen = weight * Math.exp(-SELECTION * left);
        total += chosen;
        waste += chosen * left;
      }
      this.#waste[residual] = total === 0 ? residual * STEP_MILLI : waste / total;
    }
  }

  /** Thousandths. */
  of(residual_milli: number): number {
    return this.#waste[Math.max(0, Math.floor(residual_milli / STEP_MILLI))]!;
  }
}
