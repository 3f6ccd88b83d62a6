/** A rate over less than this is noise. */
const LEAST_NS = 500_000_000;

interface Sample {
  readonly usage_ns: number;
  readonly at_ns: number;
  readonly rate: number | undefined;
}

/** Processor use per second, from how much it was at the call before. */
export class CpuRates {
  readonly #samples = new Map<string, Sample>();

  /** Nanoseconds of processor per second since the last sample that is old enough; undefined at the first call. */
  rate(id: string, usage_ns: number, at_ns: number): number | undefined {
    const before = this.#samples.get(id);
    if (before !== undefined && at_ns - before.at_ns < LEAST_NS) return before.rate;
    const rate = before === undefined ? undefined : Math.max(0, Math.round(((usage_ns - before.usage_ns) / (at_ns - before.at_ns)) * 1e9));
    this.#samples.set(id, { usage_ns, at_ns, rate });
    return rate;
  }

  forget(id: string): void {
    this.#samples.delete(id);
  }
}
