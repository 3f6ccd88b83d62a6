import { addError, type Place, type Verdict } from "./verdict.ts";
import type { ValueSchema } from "./value-schema.ts";

const INT32_MAX = 2 ** 31 - 1;
const FLOAT32_MAX = 3.4028234663852886e38;

/** Range of the type and format, multipleOf, maximum, minimum. */
export function checkNumber(schema: ValueSchema, place: Place, value: number | bigint, verdict: Verdict): void {
  const { props } = schema;
  checkRange(schema, place, value, verdict);
  const isWhole = typeof value === "bigint" || Number.isInteger(value);
  const factor = bound(props.multipleOf, isWhole);
  if (factor !== undefined && Number(factor) <= 0) addError(verdict, { code: "value", name: place.name, value: factor, text: `factor MultipleOf declared for ${place.name} must be positive: ${numberText(factor)}` });
  else if (factor !== undefined && !isMultiple(value, factor)) add(place, verdict, `should be a multiple of ${numberText(factor)}`);
  const maximum = bound(props.maximum, isWhole);
  const minimum = bound(props.minimum, isWhole);
  if (maximum !== undefined && (value > maximum || (props.exclusiveMaximum === true && Number(value) === Number(maximum)))) {
    add(place, verdict, `should be less than ${props.exclusiveMaximum === true ? "" : "or equal to "}${numberText(maximum)}`);
  }
  if (minimum !== undefined && (value < minimum || (props.exclusiveMinimum === true && Number(value) === Number(minimum)))) {
    add(place, verdict, `should be greater than ${props.exclusiveMinimum === true ? "" : "or equal to "}${numberText(minimum)}`);
  }
}

/** Kubernetes compares whole numbers with what is left of a bound as a whole number. */
function bound(limit: number | bigint | undefined, isWhole: boolean): number | bigint | undefined {
  return isWhole && typeof limit === "number" ? Math.trunc(limit) : limit;
}

function add({ name, value }: Place, verdict: Verdict, text: string): void {
  addError(verdict, { code: "value", name, value, text: `${name} in body ${text}` });
}

function checkRange({ types, format, formatText }: ValueSchema, { name }: Place, value: number | bigint, verdict: Verdict): void {
  const type = types.length === 1 ? (types[0] ?? "") : "";
  const isWithin = type === "integer" ? isInteger(value, format) : format !== "float" || Math.abs(Number(value)) <= FLOAT32_MAX;
  if (isWithin) return;
  const kind = format === "" ? `${type} (default format)` : `${type} with format ${formatText}`;
  addError(verdict, { code: "other", name, text: `Checked value must be of type ${kind} in ${name}` });
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

/** As Go's %v prints a float64: exponents from 21 digits on, of two digits at least. */
export function numberText(value: number | bigint): string {
  if (typeof value === "bigint") return String(value);
  const text = String(value);
  if (Math.abs(value) >= 1e-4 || value === 0) return text.replace(/e([+-])(\d)$/, "e$10$2");
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const size = exponent.slice(1);
  return `${digits}e${exponent[0]}${size.length < 2 ? `0${size}` : size}`;
}
