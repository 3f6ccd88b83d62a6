import { compareUtf8 } from "../codec/json-text.ts";

/** A JSON value as Go's fmt prints it with %v: `map[a:1 b:[x y]]`. Errors of strategic merge show patches so. */
export function goValueText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return goNumberText(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(goValueText).join(" ")}]`;
  const keys = Object.keys(value).sort(compareUtf8);
  return `map[${keys.map((key) => `${key}:${goValueText((value as Record<string, unknown>)[key])}`).join(" ")}]`;
}

/** float64 with %v: exponents from 1e+21 on and below 1e-04, of two digits at least. */
function goNumberText(value: number): string {
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value === 0 || (exponent >= -4 && exponent < 21)) return String(value);
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** The name of a JSON value's Go type, as reflection gives it (`%T`). */
export function goTypeText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int64";
  return typeof value === "number" ? (Number.isInteger(value) ? "int64" : "float64") : "string";
}

/** The kind of a JSON value's Go type: `map`, `slice`, `string`, `int64`, `float64`, `bool`. */
export function goKindText(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  return value !== null && typeof value === "object" ? "map" : goTypeText(value);
}
