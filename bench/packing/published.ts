/** GPU allocation in per cent at 100 % and 130 % arrivals, mean of 10 seeds: the paper's own results (Beware of Fragmentation, USENIX ATC 2023). */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, readonly [full: number, overfull: number]>>>> = {
  default: { Random: [86.3, 87.47], DotProd: [90.62, 90.85], BestFit: [92.86, 93.08], FGD: [95.23, 95.39] },
  cpu100: { Random: [87.44, 89.11], DotProd: [91.73, 91.95], BestFit: [93.26, 93.44], FGD: [95.21, 95.35] },
  gpushare60: { Random: [82.81, 83.65], DotProd: [86.82, 87.11], BestFit: [89.06, 89.36], FGD: [91.25, 91.4] },
  multigpu30: { Random: [86.63, 89.27], DotProd: [93.11, 93.28], BestFit: [94.57, 94.72], FGD: [96.36, 96.46] },
};

/** How far a baseline of ours may be from the published figure, in points: seeds differ, and Random is random. */
const TOLERANCE = 0.3;
const TOLERANCE_RANDOM = 1;

/** The published figure for a baseline, and whether ours is near enough; undefined where none is published. */
export function published(list: string, policy: string, arrivals: 100 | 130, value: number): { readonly published: number; readonly agrees: boolean } | undefined {
  const pair = PUBLISHED[list]?.[policy];
  if (pair === undefined) return undefined;
  const figure = pair[arrivals === 100 ? 0 : 1];
  return { published: figure, agrees: Math.abs(value - figure) <= (policy === "Random" ? TOLERANCE_RANDOM : TOLERANCE) };
}
