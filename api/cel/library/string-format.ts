import { goQuote } from "../../status/go-text.ts";
import { CelError } from "../cel-error.ts";
import { payForText, TRAVERSAL } from "../function.ts";
import type { Meter } from "../meter.ts";
import { formatDuration, formatTimestamp } from "../time-text.ts";
import { CelDuration, CelList, CelMap, CelTimestamp, CelTypeValue, CelUint, type CelValue, typeName } from "../values.ts";
import { doubleText } from "./conversions.ts";
import { clausesOf, FormatError, formatFault } from "./format-clauses.ts";

/** Digits behind the point that a clause may ask for. */
const MAX_PRECISION = 1000;
/** Values are printed so deep. */
const MAX_DEPTH = 100;
/** Digits behind the point where none are asked for. */
const DEFAULT_PRECISION = 6;

/** `'%s is %d'.format([…])`: clauses s, d, f, e, b, o, x, X and %%, numbers as in English texts. @throws CelError */
export function formatString(template: string, args: CelList, meter: Meter): string {
  let text = "";
  let next = 0;
  try {
    for (const part of clausesOf(template)) {
      if (part.type === "text") {
        text += part.text;
        continue;
      }
      if (next >= args.size) throw new CelError(`index ${next} out of range`);
      if ((part.precision ?? 0) > MAX_PRECISION) throw new CelError(`error during formatting: precision ${part.precision} is too large`);
      text += formatClause(part.letter, part.precision ?? DEFAULT_PRECISION, args.at(next++), meter);
      payForText(text.length, meter);
    }
  } catch (error) {
    if (error instanceof FormatError) throw new CelError(error.message);
    throw error;
  }
  return text;
}

function formatClause(letter: string, precision: number, value: CelValue, meter: Meter): string {
  switch (letter) {
    case "s":
      return valueText(value, meter);
    case "f":
      return fixedText(doubleOf(letter, value), precision);
    case "e":
      return scientificText(doubleOf(letter, value), precision);
    case "b":
      return typeof value === "boolean" ? String(Number(value)) : integer(letter, value).toString(2);
    case "o":
      return integer(letter, value).toString(8);
    case "x":
      return hexText(letter, value);
    case "X":
      return hexText(letter, value).toUpperCase();
    default:
      return String(integer(letter, value));
  }
}

function misfit(letter: string, value: CelValue): CelError {
  return new CelError(`error during formatting: ${formatFault(letter, typeName(value))}`);
}

function integer(letter: string, value: CelValue): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof CelUint) return value.value;
  throw misfit(letter, value);
}

function hexText(letter: string, value: CelValue): string {
  return typeof value === "string" || value instanceof Uint8Array ? Buffer.from(value).toString("hex") : integer(letter, value).toString(16);
}

const named: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY };

function doubleOf(letter: string, value: CelValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && Object.hasOwn(named, value)) return named[value] as number;
  throw misfit(letter, value);
}

function notFinite(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
}

/** `12,345.678000`. */
function fixedText(value: number, precision: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const [whole = "", fraction] = exactFixed(value, precision).split(".");
  const grouped = whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** As Go rounds: what lies in the middle goes to the even digit. */
function exactFixed(value: number, precision: number): string {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${precision > 0 ? `.${"0".repeat(precision)}` : ""}`;
  const digits = Math.min(precision, 100);
  const scaled = Math.abs(value) * 10 ** digits;
  const isMiddle = digits <= 15 && scaled % 1 === 0.5 && scaled / 10 ** digits === Math.abs(value);
  const text = isMiddle && Math.floor(scaled) % 2 === 0 ? (Math.sign(value) * (Math.floor(scaled) / 10 ** digits)).toFixed(digits) : value.toFixed(digits);
  return text + "0".repeat(precision - digits);
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** `1.500000×10⁰³`; the number asked for is a width, as in cel-go. */
function scientificText(value: number, width: number): string {
  if (!Number.isFinite(value)) return notFinite(value).padStart(width);
  const [digits, power = "+0"] = value.toExponential(DEFAULT_PRECISION).split("e");
  const exponent = power.slice(1).padStart(2, "0").replace(/[0-9]/g, (digit) => superscripts[Number(digit)] ?? digit);
  return `${digits}×10${power.startsWith("-") ? "⁻" : ""}${exponent}`.padStart(width);
}

function valueText(value: CelValue, meter: Meter): string {
  if (value instanceof CelList || value instanceof CelMap) return partText(value, 0, meter);
  meter.spend(TRAVERSAL);
  if (typeof value === "number") return Number.isFinite(value) ? doubleText(value) : doubleName(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof CelTimestamp) return formatTimestamp(value.time_ns);
  if (value instanceof CelDuration) return formatDuration(value.duration_ns);
  return plainText(value);
}

/** What is printed alike alone and in a list. */
function plainText(value: CelValue): string {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value === null) return "null";
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelTypeValue) return value.name;
  throw misfit("s", value);
}

function doubleName(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** A part of a list or map, as it would be written in an expression. */
function partText(value: CelValue, depth: number, meter: Meter): string {
  // Before anything is walked: a list may be endless for all we know.
  meter.spend(TRAVERSAL * (value instanceof CelList ? 1 + value.size : 1));
  if (depth > MAX_DEPTH) throw new CelError("error during formatting: value is nested too deeply");
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") return Number.isFinite(value) ? exactFixed(value, DEFAULT_PRECISION) : goQuote(doubleName(value));
  if (value instanceof Uint8Array) return `b${goQuote(Buffer.from(value).toString("utf8"))}`;
  if (value instanceof CelTimestamp) return `timestamp(${goQuote(formatTimestamp(value.time_ns))})`;
  if (value instanceof CelDuration) return `duration(${goQuote(formatDuration(value.duration_ns))})`;
  if (value instanceof CelList) return `[${joined([...value].map((item) => partText(item, depth + 1, meter)), meter)}]`;
  if (value instanceof CelMap && value.typeName === undefined) return mapText(value, depth, meter);
  return plainText(value);
}

function mapText(map: CelMap, depth: number, meter: Meter): string {
  const entries = [...map.keys()].map((key) => [partText(key, depth + 1, meter), partText(map.get(key) as CelValue, depth + 1, meter)] as const);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${joined(entries.map(([key, value]) => `${key}:${value}`), meter)}}`;
}

function joined(parts: readonly string[], meter: Meter): string {
  payForText(
    parts.reduce((length, part) => length + part.length + 2, 0),
    meter,
  );
  return parts.join(", ");
}
