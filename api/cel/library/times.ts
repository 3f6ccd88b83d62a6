import { CelError } from "../cel-error.ts";
import { Library } from "../function.ts";
import type { CelDuration, CelTimestamp } from "../values.ts";

interface CivilTime {
  readonly year: number;
  /** 0 is January. */
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

const NS_PER_MS = 1_000_000n;
/** Zones that are kept: building a formatter takes a millisecond. */
const CACHE_SIZE = 50;
const formatters = new Map<string, Intl.DateTimeFormat>();

const DAY_MS = 86_400_000;

function floorMs(time_ns: bigint): number {
  const time_ms = time_ns / NS_PER_MS;
  return Number(time_ns % NS_PER_MS < 0n ? time_ms - 1n : time_ms);
}

/** The calendar in a zone: `` and `UTC`, `-08:00`, `Europe/Berlin`. @throws CelError for an unknown zone */
function civil({ time_ns }: CelTimestamp, zone: string): CivilTime {
  const time_ms = floorMs(time_ns);
  const offset = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone);
  const shifted_ms = offset === null ? time_ms + (zone === "" || zone === "UTC" ? 0 : zoneOffset_ms(zone, time_ms)) : time_ms + (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000;
  const date = new Date(shifted_ms);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), hours: date.getUTCHours(), minutes: date.getUTCMinutes(), seconds: date.getUTCSeconds() };
}

function zoneOffset_ms(zone: string, time_ms: number): number {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    try {
      formatter = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
    } catch {
      throw new CelError(`unknown time zone ${zone}`);
    }
    if (formatters.size >= CACHE_SIZE) formatters.clear();
    formatters.set(zone, formatter);
  }
  const parts: Record<string, string> = {};
  for (const { type, value } of formatter.formatToParts(time_ms)) parts[type] = value;
  const local_ms = Date.UTC(2000, Number(parts.month) - 1, Number(parts.day), Number(parts.hour), Number(parts.minute), Number(parts.second));
  const date = new Date(local_ms);
  date.setUTCFullYear(parts.era?.startsWith("B") ? 1 - Number(parts.year) : Number(parts.year), Number(parts.month) - 1, Number(parts.day));
  return date.getTime() - Math.floor(time_ms / 1000) * 1000;
}

function dayOfYear({ year, month, day }: CivilTime): number {
  const start = new Date(0);
  start.setUTCFullYear(year, 0, 1);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return Math.round((date.getTime() - start.getTime()) / DAY_MS);
}

function dayOfWeek({ year, month, day }: CivilTime): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getUTCDay();
}

const parts: Readonly<Record<string, (time: CivilTime, time_ns: bigint) => number>> = {
  getFullYear: ({ year }) => year,
  getMonth: ({ month }) => month,
  getDate: ({ day }) => day,
  getDayOfMonth: ({ day }) => day - 1,
  getDayOfWeek: dayOfWeek,
  getDayOfYear: dayOfYear,
  getHours: ({ hours }) => hours,
  getMinutes: ({ minutes }) => minutes,
  getSeconds: ({ seconds }) => seconds,
  getMilliseconds: (_time, time_ns) => ((floorMs(time_ns) % 1000) + 1000) % 1000,
};

const units: Readonly<Record<string, bigint>> = { getHours: 3_600_000_000_000n, getMinutes: 60_000_000_000n, getSeconds: 1_000_000_000n };

/** Parts of timestamps (in UTC or a zone) and of durations. */
export function times(): Library {
  const library = new Library();
  for (const [name, part] of Object.entries(parts)) {
    library
      .define(`timestamp_${name}`, `timestamp::${name}() -> int`, ([time]) => BigInt(part(civil(time as CelTimestamp, ""), (time as CelTimestamp).time_ns)))
      .define(`timestamp_${name}_with_tz`, `timestamp::${name}(string) -> int`, ([time, zone]) => BigInt(part(civil(time as CelTimestamp, zone as string), (time as CelTimestamp).time_ns)));
  }
  for (const [name, unit_ns] of Object.entries(units)) {
    library.define(`duration_${name}`, `duration::${name}() -> int`, ([value]) => (value as CelDuration).duration_ns / unit_ns);
  }
  library.define("duration_getMilliseconds", "duration::getMilliseconds() -> int", ([value]) => (value as CelDuration).duration_ns / NS_PER_MS);
  return library;
}
