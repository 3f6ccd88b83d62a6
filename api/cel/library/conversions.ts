import { CelError } from "../cel-error.ts";
import { checkedInt, checkedUint, type Cost, Library, type Run, TRAVERSES, traversal } from "../function.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "../time-text.ts";
import { CelDuration, type CelList, type CelMap, type CelTimestamp, CelTypeValue, CelUint, type CelValue, typeName } from "../values.ts";

const same: Run = ([value]) => value as CelValue;

function conversionError(value: CelValue | undefined, to: string): CelError {
  return new CelError(`type conversion error from '${value === undefined ? "" : typeName(value)}' to '${to}'`);
}

function doubleToInt(value: number, limit: number, lowest: number): bigint {
  const whole = Math.trunc(value);
  if (!Number.isFinite(value) || whole >= limit || whole < lowest) throw new CelError(lowest < 0 ? "integer overflow" : "unsigned integer overflow");
  return BigInt(whole);
}

function parseInteger(text: string, to: string): bigint {
  if (text.length > 30 || !/^[+-]?[0-9]+$/.test(text)) throw conversionError(text, to);
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

/** As Go's strconv.ParseFloat. */
function parseDouble(text: string): number {
  if (text.length > 1000 || !/^[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)$/i.test(text)) throw conversionError(text, "double");
  if (/inf/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/nan/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (!Number.isFinite(value)) throw conversionError(text, "double");
  return value;
}

/** A double as Go's FormatFloat 'g' with the shortest digits writes it. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const exponent = value === 0 ? 0 : Number(value.toExponential().split("e")[1]);
  if (exponent >= -4 && exponent < 21) return plainDecimal(value);
  const [digits, power = "0"] = value.toExponential().split("e");
  return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

function plainDecimal(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [digits = "", power = "0"] = text.split("e");
  const [whole = "", fraction = ""] = digits.replace("-", "").split(".");
  return `${value < 0 ? "-" : ""}0.${"0".repeat(-Number(power) - 1)}${whole}${fraction}`;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function bytesToText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

const NS_PER_S = 1_000_000_000n;
const SIZES: Cost = { units: () => 1 };

/** Type conversions and `type`, `dyn`, `size`. */
export function conversions(): Library {
  const library = new Library();
  for (const type of ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"]) {
    library.define(`${type}_to_${type}`, `${type}(${type}) -> ${type}`, same);
  }
  library
    .define("to_dyn", "dyn(A) -> dyn", same)
    .define("type", "type(A) -> type(A)", ([value]) => new CelTypeValue(typeName(value as CelValue)))
    .define("string_to_bool", "bool(string) -> bool", ([text]) => parseBool(text as string))
    .define("uint64_to_int64", "int(uint) -> int", ([value]) => checkedInt((value as CelUint).value))
    .define("double_to_int64", "int(double) -> int", ([value]) => doubleToInt(value as number, 2 ** 63, -(2 ** 63)))
    .define("string_to_int64", "int(string) -> int", ([text]) => checkedInt(parseInteger(text as string, "int")))
    .define("timestamp_to_int64", "int(timestamp) -> int", ([time]) => floorDivide((time as CelTimestamp).time_ns, NS_PER_S))
    .define("duration_to_int64", "int(duration) -> int", ([value]) => (value as CelDuration).duration_ns)
    .define("int64_to_uint64", "uint(int) -> uint", ([value]) => checkedUint(value as bigint))
    .define("double_to_uint64", "uint(double) -> uint", ([value]) => new CelUint(doubleToInt(value as number, 2 ** 64, 0)))
    .define("string_to_uint64", "uint(string) -> uint", ([text]) => checkedUint(parseInteger(text as string, "uint")))
    .define("int64_to_double", "double(int) -> double", ([value]) => Number(value))
    .define("uint64_to_double", "double(uint) -> double", ([value]) => Number((value as CelUint).value))
    .define("string_to_double", "double(string) -> double", ([text]) => parseDouble(text as string))
    .define("bool_to_string", "string(bool) -> string", ([value]) => String(value))
    .define("int64_to_string", "string(int) -> string", ([value]) => String(value))
    .define("uint64_to_string", "string(uint) -> string", ([value]) => String((value as CelUint).value))
    .define("double_to_string", "string(double) -> string", ([value]) => doubleText(value as number))
    .define("bytes_to_string", "string(bytes) -> string", ([bytes]) => bytesToText(bytes as Uint8Array), { ...TRAVERSES, resultSize: ([size = 0]) => size })
    .define("timestamp_to_string", "string(timestamp) -> string", ([time]) => formatTimestamp((time as CelTimestamp).time_ns))
    .define("duration_to_string", "string(duration) -> string", ([value]) => formatDuration((value as CelDuration).duration_ns))
    .define("string_to_bytes", "bytes(string) -> bytes", ([text]) => new TextEncoder().encode(text as string), { units: ([size = 0]) => traversal(size), resultSize: ([size = 0]) => size * 4 })
    .define("string_to_timestamp", "timestamp(string) -> timestamp", ([text]) => parseTimestamp(text as string))
    .define("int64_to_timestamp", "timestamp(int) -> timestamp", ([seconds]) => parseTimestamp(formatTimestamp((seconds as bigint) * NS_PER_S)))
    .define("string_to_duration", "duration(string) -> duration", ([text]) => parseDuration(text as string))
    .define("int64_to_duration", "duration(int) -> duration", ([value]) => new CelDuration(value as bigint));
  for (const style of ["size(T)", "T::size()"]) {
    library
      .define("size_string", `${style.replace("T", "string")} -> int`, ([text]) => BigInt([...(text as string)].length), SIZES)
      .define("size_bytes", `${style.replace("T", "bytes")} -> int`, ([bytes]) => BigInt((bytes as Uint8Array).length), SIZES)
      .define("size_list", `${style.replace("T", "list(A)")} -> int`, ([list]) => BigInt((list as CelList).size), SIZES)
      .define("size_map", `${style.replace("T", "map(A, B)")} -> int`, ([map]) => BigInt((map as CelMap).size), SIZES);
  }
  return library;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

function parseBool(text: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw conversionError(text, "bool");
}
