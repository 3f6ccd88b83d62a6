import { parseGoDuration } from "../structural/open-api-duration.ts";
import { CelError } from "./cel-error.ts";
import { CelDuration, CelTimestamp } from "./values.ts";

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;
const MIN_TIME_MS = -62_135_596_800_000;
const MAX_TIME_MS = 253_402_300_799_999;

/** RFC 3339 → time. @throws CelError */
export function parseTimestamp(text: string): CelTimestamp {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  const time_ms = parts === null ? Number.NaN : Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`);
  const isReal = parts !== null && daysOf(Number(parts[1]), Number(parts[2])) >= Number(parts[3]) && Number(parts[4]) < 24 && Number(parts[6]) < 60;
  if (parts === null || Number.isNaN(time_ms) || !isReal) throw new CelError("type conversion error from 'string' to 'google.protobuf.Timestamp'");
  const offset_ms = zoneOffset_ms(parts[8] ?? "Z");
  if (time_ms - offset_ms < MIN_TIME_MS || time_ms - offset_ms > MAX_TIME_MS) throw new CelError("timestamp overflow");
  return new CelTimestamp(BigInt(time_ms - offset_ms) * NS_PER_MS + BigInt((parts[7] ?? "").padEnd(9, "0")));
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function zoneOffset_ms(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** As Go's RFC3339Nano: UTC, no zeros behind the last digit of the fraction. */
export function formatTimestamp(time_ns: bigint): string {
  const fraction_ns = ((time_ns % NS_PER_S) + NS_PER_S) % NS_PER_S;
  const time_ms = Number((time_ns - fraction_ns) / NS_PER_MS);
  if (time_ms < MIN_TIME_MS || time_ms > MAX_TIME_MS) throw new CelError("timestamp overflow");
  const fraction = fraction_ns === 0n ? "" : `.${String(fraction_ns).padStart(9, "0").replace(/0+$/, "")}`;
  return `${new Date(time_ms).toISOString().slice(0, 19)}${fraction}Z`;
}

/** Go's duration text → duration. @throws CelError */
export function parseDuration(text: string): CelDuration {
  const duration_ns = parseGoDuration(text);
  if (duration_ns === undefined) throw new CelError("type conversion error from 'string' to 'google.protobuf.Duration'");
  return new CelDuration(duration_ns);
}

/** Seconds with their fraction: `90s`, `0.5s`. */
export function formatDuration(duration_ns: bigint): string {
  const absolute = duration_ns < 0n ? -duration_ns : duration_ns;
  const fraction_ns = absolute % NS_PER_S;
  const fraction = fraction_ns === 0n ? "" : `.${String(fraction_ns).padStart(9, "0").replace(/0+$/, "")}`;
  return `${duration_ns < 0n ? "-" : ""}${absolute / NS_PER_S}${fraction}s`;
}
