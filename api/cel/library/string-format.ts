import { CelError } from "../cel-error.ts";
import { payForText, TRAVERSAL } from "../function.ts";
import type { Meter } from "../meter.ts";
import { formatDuration, formatTimestamp } from "../time-text.ts";
import { CelDuration, CelList, CelMap, CelOptional, CelTimestamp, CelTypeValue, CelUint, type CelValue, typeName } from "../values.ts";
import { doubleText } from "./conversions.ts";

/** Digits behind the point that a clause may ask for. */
const MAX_PRECISION = 100;
/** Values are printed so deep. */
const MAX_DEPTH = 100;

/** `'%s is %d'.format([…])`: clauses s, d, f, e, b, o, x, X and %%. @throws CelError */
export function formatString(template: string, args: CelList, meter: Meter): string {
  let text = "";
  let next = 0;
  for (let at = 0; at < template.length; ) {
    const percent = template.indexOf("%", at);
    if (percent < 0) return text + template.slice(at);
    text += template.slice(at, percent);
    const clause = /^%(?:(%)|(?:\.([0-9]+))?(.))?/s.exec(template.slice(percent, percent + 16)) as RegExpExecArray;
    at = percent + clause[0].length;
    if (clause[1] !== undefined) {
      text += "%";
      continue;
    }
    if (clause[3] === undefined) throw new CelError("unexpected end of string");
    if (next >= args.size) throw new CelError(`index ${next} out of range`);
    const precision = clause[2] === undefined ? undefined : Number(clause[2]);
    if (precision !== undefined && precision > MAX_PRECISION) throw new CelError(`error during formatting: precision ${precision} is too large`);
    text += formatClause(clause[3], precision, args.at(next++), meter);
    payForText(text.length, meter);
  }
  return text;
}

function formatClause(clause: string, precision: number | undefined, value: CelValue, meter: Meter): string {
  switch (clause) {
    case "s":
      return valueText(value, 0, meter);
    case "d":
      return decimalText(value);
    case "f":
      return fixedText(value, precision ?? 6);
    case "e":
      return scientificText(value, precision ?? 6);
    case "b":
      return typeof value === "boolean" ? (value ? "1" : "0") : integer(value, "binary").toString(2);
    case "o":
      return integer(value, "octal").toString(8);
    case "x":
    case "X": {
      const hex = typeof value === "string" || value instanceof Uint8Array ? Buffer.from(value).toString("hex") : integer(value, "hexadecimal").toString(16);
      return clause === "X" ? hex.toUpperCase() : hex;
    }
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${clause}"`);
  }
}

function integer(value: CelValue, clause: string): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  throw new CelError(`error during formatting: only integers can be formatted as ${clause}, was given ${typeName(value)}`);
}

function decimalText(value: CelValue): string {
  if (typeof value === "number") return Number.isFinite(value) ? fixedText(value, 6) : doubleName(value);
  if (typeof value === "bigint" || value instanceof CelUint) return String(integer(value, "decimal"));
  throw new CelError(`error during formatting: decimal clause can only be used on numbers, was given ${typeName(value)}`);
}

function numberOf(value: CelValue, clause: string): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  throw new CelError(`error during formatting: ${clause} clause can only be used on doubles, integers, and unsigned integers, was given ${typeName(value)}`);
}

function doubleName(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function fixedText(value: CelValue, precision: number): string {
  const number = numberOf(value, "fixed-point");
  if (!Number.isFinite(number)) return doubleName(number);
  return Math.abs(number) < 1e21 ? number.toFixed(precision) : `${BigInt(number)}${precision > 0 ? `.${"0".repeat(precision)}` : ""}`;
}

function scientificText(value: CelValue, precision: number): string {
  const number = numberOf(value, "scientific");
  if (!Number.isFinite(number)) return doubleName(number);
  const [digits, power = "+0"] = number.toExponential(precision).split("e");
  return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

function valueText(value: CelValue, depth: number, meter: Meter): string {
  // Before anything is walked: a list may be endless for all we know.
  meter.spend(TRAVERSAL * (value instanceof CelList ? 1 + value.size : 1));
  if (depth > MAX_DEPTH) throw new CelError("error during formatting: value is nested too deeply");
  if (typeof value === "number") return Number.isFinite(value) ? doubleText(value) : doubleName(value);
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value === null) return "null";
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof CelTimestamp) return formatTimestamp(value.time_ns);
  if (value instanceof CelDuration) return formatDuration(value.duration_ns);
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof CelList) return `[${joined([...value].map((item) => valueText(item, depth + 1, meter)), meter)}]`;
  if (value instanceof CelMap) return mapText(value, depth, meter);
  if (value instanceof CelOptional) return value.value === undefined ? "optional.none()" : `optional(${valueText(value.value, depth + 1, meter)})`;
  throw new CelError(`error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName(value)}`);
}

function mapText(map: CelMap, depth: number, meter: Meter): string {
  const entries = [...map.keys()].map((key) => `${valueText(key, depth + 1, meter)}: ${valueText(map.get(key) as CelValue, depth + 1, meter)}`);
  return `{${joined(entries.sort(), meter)}}`;
}

function joined(parts: readonly string[], meter: Meter): string {
  payForText(
    parts.reduce((length, part) => length + part.length + 2, 0),
    meter,
  );
  return parts.join(", ");
}
