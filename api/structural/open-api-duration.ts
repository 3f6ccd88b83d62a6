const NS_PER_S = 1_000_000_000n;
const goUnits: Readonly<Record<string, bigint>> = { ns: 1n, us: 1000n, µs: 1000n, μs: 1000n, ms: 1_000_000n, s: NS_PER_S, m: 60n * NS_PER_S, h: 3600n * NS_PER_S };

/** Words that go-openapi takes for units besides Go's. */
const wordUnits: Readonly<Record<string, bigint>> = {
  ...goUnits,
  nano: 1n,
  nanosecond: 1n,
  micro: 1000n,
  microsecond: 1000n,
  milli: 1_000_000n,
  millisecond: 1_000_000n,
  sec: NS_PER_S,
  second: NS_PER_S,
  min: 60n * NS_PER_S,
  minute: 60n * NS_PER_S,
  hr: 3600n * NS_PER_S,
  hour: 3600n * NS_PER_S,
  d: 86_400n * NS_PER_S,
  day: 86_400n * NS_PER_S,
  w: 604_800n * NS_PER_S,
  wk: 604_800n * NS_PER_S,
  week: 604_800n * NS_PER_S,
};
const MAX_NS = 2n ** 63n - 1n;
/** The longest text that can mean something: beyond it all digits are noise. */
const MAX_LENGTH = 200;

/** A duration as Go writes it (`1h30m`, `-1.5s`, `0`) → nanoseconds; undefined for any other text and beyond int64. */
export function parseGoDuration(text: string): bigint | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const parts = /^([+-]?)((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text);
  if (parts === null) return /^[+-]?0$/.test(text) ? 0n : undefined;
  let total_ns = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(/([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const unit_ns = goUnits[unit] ?? 0n;
    total_ns += BigInt(whole === "" ? 0 : whole) * unit_ns;
    if (fraction !== "") total_ns += (BigInt(fraction) * unit_ns) / 10n ** BigInt(fraction.length);
  }
  const signed = text.startsWith("-") ? -total_ns : total_ns;
  return signed > MAX_NS || signed < -MAX_NS - 1n ? undefined : signed;
}

/** A duration of format `duration`: Go's, or words such as `5 minutes` → nanoseconds; undefined for any other text. */
export function parseOpenApiDuration(text: string): bigint | undefined {
  const go = parseGoDuration(text);
  if (go !== undefined) return go;
  if (text.length > MAX_LENGTH) return undefined;
  let total_ns: bigint | undefined;
  for (const [, count = "", word = ""] of text.matchAll(/([0-9]+)\s*([A-Za-zµ]+)/g)) {
    const name = word.toLowerCase();
    const unit = wordUnits[name] ?? (name.endsWith("s") ? wordUnits[name.slice(0, -1)] : undefined);
    if (unit === undefined) return undefined;
    total_ns = (total_ns ?? 0n) + BigInt(count) * unit;
  }
  return total_ns !== undefined && total_ns > MAX_NS ? undefined : total_ns;
}
