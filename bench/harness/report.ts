/** One measured figure. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  /** Standard deviation, where value is a mean. */
  readonly sd?: number;
  readonly unit: string;
  readonly conditions: Readonly<Record<string, string | number | boolean>>;
  /** The same measured without us, in the same run, and value ÷ floor (or floor ÷ value, as the figure says). */
  readonly floor?: number;
  readonly ratio?: number;
}

/** Prints a figure as one JSON object on a line of stdout; nothing else may be printed there. */
export function report(figure: Figure): void {
  const round = (value: number) => Number(value.toPrecision(4));
  process.stdout.write(`${JSON.stringify({ ...figure, value: round(figure.value), ...(figure.sd === undefined ? {} : { sd: round(figure.sd) }), ...(figure.floor === undefined ? {} : { floor: round(figure.floor) }), ...(figure.ratio === undefined ? {} : { ratio: round(figure.ratio) }) })}\n`);
}

/** What is going on, for the person who waits. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The value below which `share` (0 to 1) of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}
