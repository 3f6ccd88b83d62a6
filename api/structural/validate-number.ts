import { addError, type Place, type Verdict } from "./verdict.ts";
import type { ValueSchema } from "./value-schema.ts";

const INT32_MAX = 2 ** 31 - 1;
const FLOAT32_MAX = 3.4028234663852886e38;

/** Range of the type and format, multipleOf, minimum, maximum. */
export function checkNumber(schema: ValueSchema, place: Place, value: number | bigint, verdict: Verdict): void {
  const { props } = schema;
  checkRange(schema, place, value, "Checked", verdict);
  const factor = limit(schema, place, props.multipleOf, "MultipleOf", verdict);
  if (factor !== undefined) checkFactor(place, value, factor.of(value), verdict);
  const minimum = limit(schema, place, props.minimum, "Minimum boundary", verdict)?.of(value);
  if (minimum !== undefined && (value < minimum || (props.exclusiveMinimum === true && Number(value) === Number(minimum)))) {
    add(place, verdict, `should be greater than ${props.exclusiveMinimum === true ? "" : "or equal to "}${numberText(minimum)}`);
  }
  const maximum = limit(schema, place, props.maximum, "Maximum boundary", verdict)?.of(value);
  if (maximum !== undefined && (value > maximum || (props.exclusiveMaximum === true && Number(value) === Number(maximum)))) {
    add(place, verdict, `should be less than ${props.exclusiveMaximum === true ? "" : "or equal to "}${numberText(maximum)}`);
  }
}

function checkFactor(place: Place, value: number | bigint, factor: number | bigint, verdict: Verdict): void {
  if (Number(factor) <= 0) addError(verdict, { code: "value", name: place.name, value: factor, text: `factor MultipleOf declared for ${place.name} must be positive: ${numberText(factor)}` });
  else if (!isMultiple(value, factor)) add(place, verdict, `should be a multiple of ${numberText(factor)}`);
}

/**
 * A limit as Kubernetes holds a value against it: one that is itself no value of the type is an error, and a floating point number for every value;
 * of any other a whole value meets what is left as a whole number.
 */
function limit(schema: ValueSchema, place: Place, bound: number | bigint | undefined, what: string, verdict: Verdict): { of(value: number | bigint): number | bigint } | undefined {
  if (bound === undefined) return undefined;
  const fits = checkRange(schema, place, bound, what, verdict);
  return { of: (value) => (fits && (typeof value === "bigint" || Number.isInteger(value)) ? wholeOf(bound) : Number(bound)) };
}

/** A bigint, so that it is printed as an integer. */
function wholeOf(bound: number | bigint): number | bigint {
  if (typeof bound === "bigint") return bound;
  const whole = Math.trunc(bound);
  return Number.isFinite(whole) ? BigInt(whole) : whole;
}

function add({ name, value }: Place, verdict: Verdict, text: string): void {
  addError(verdict, { code: "value", name, value, text: `${name} in body ${text}` });
}

/** Whether the value, or a limit for it, is one of the type and format; else that is an error. */
function checkRange({ types, format, formatText }: ValueSchema, { name }: Place, value: number | bigint, what: string, verdict: Verdict): boolean {
  const type = types.length === 1 ? (types[0] ?? "") : "";
  const isWithin = type === "integer" ? isInteger(value, format) : format !== "float" || Math.abs(Number(value)) <= FLOAT32_MAX;
  if (isWithin) return true;
  const kind = format === "" ? `${type} (default format)` : `${type} with format ${formatText}`;
  addError(verdict, { code: "other", name, text: `${what} value must be of type ${kind} in ${name}` });
  return false;
}

function isInteger(value: number | bigint, format: string): boolean {
  if (format === "int32") return Number.isInteger(Number(value)) && value <= INT32_MAX && value >= -INT32_MAX - 1;
  // Numbers beyond int64 have become doubles.
  return typeof value === "bigint" || (Number.isInteger(value) && Math.abs(value) < 2 ** 63);
}

function isMultiple(value: number | bigint, factor: number | bigint): boolean {
  if (typeof value === "bigint" && Number.isInteger(Number(factor))) return value % BigInt(factor) === 0n;
  return Number.isInteger(Number(factor) < 1 ? (1 / Number(factor)) * Number(value) : Number(value) / Number(factor));
}

/** As Go's %v prints an int64 (bigint) or a float64: with an exponent of two digits at least below 1e-4 and from 1e6 on. */
function numberText(value: number | bigint): string {
  if (typeof value === "bigint") return String(value);
  if (value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6)) return String(value);
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const size = exponent.slice(1);
  return `${digits}e${exponent[0]}${size.length < 2 ? `0${size}` : size}`;
}
