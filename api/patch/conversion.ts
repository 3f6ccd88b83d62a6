import { DecodeError } from "../codec/decode-error.ts";
import { canonicalBase64 } from "../codec/base64.ts";
import { parseMicroTime, parseTime } from "../codec/go-time.ts";
import { goTypeName } from "../codec/go-types.ts";
import { canonicalQuantity } from "../quantity.ts";
import { definition as definitionOf } from "../schema/schema.ts";
import type { SchemaType } from "../schema/types.ts";
import { goKindText, goTypeText } from "./go-value.ts";
import { isMap, memberOf } from "./json-value.ts";

/**
 * Why a patched map is no object of the definition, in the words of apimachinery's unstructured converter (which a
 * strategic merge patch goes through, unlike every other body); undefined when it is one.
 */
export function conversionError(definition: string, value: unknown): string | undefined {
  try {
    convert({ type: "object", definition }, value);
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

function convert(type: SchemaType, value: unknown): void {
  if (value === null || value === undefined) return;
  switch (type.type) {
    case "string":
      return check(typeof value === "string", typeof value === "number" || typeof value === "bigint", value, "string");
    case "boolean":
      return check(typeof value === "boolean", false, value, "bool");
    case "integer":
      return check(typeof value === "bigint" || Number.isInteger(value), typeof value === "number", value, `int${type.bits}`);
    case "double":
      return check(typeof value === "number" || typeof value === "bigint", false, value, "float64");
    case "object":
      return convertStruct(type.definition, value);
    case "list":
      if (!Array.isArray(value)) throw new DecodeError(`cannot restore slice from ${goKindText(value)}`);
      for (const item of value) convert(type.items, item);
      return;
    case "map":
      if (!isMap(value)) throw new DecodeError(`cannot restore map from ${goKindText(value)}`);
      for (const key of Object.keys(value).sort()) convert(type.values, value[key]);
      return;
    default:
      return convertSpecial(type, value);
  }
}

/** `numeric`: Go could convert between the two types, but the converter will not. */
function check(fits: boolean, numeric: boolean, value: unknown, goType: string): void {
  if (fits) return;
  throw new DecodeError(numeric ? `cannot convert ${goTypeText(value)} to ${goType}` : `unrecognized type: ${goType}`);
}

function convertStruct(definition: string, value: unknown): void {
  if (!isMap(value)) throw new DecodeError(`cannot restore struct from: ${goKindText(value)}`);
  for (const field of definitionOf(definition).fields) convert(field.type, memberOf(value, field.name));
}

/** Types that unmarshal themselves from JSON. */
function convertSpecial(type: SchemaType, value: unknown): void {
  switch (type.type) {
    case "bytes":
      if (typeof value !== "string") throw new DecodeError(`cannot restore slice from ${goKindText(value)}`);
      try {
        canonicalBase64(value);
      } catch (error) {
        throw new DecodeError(`error decoding from json: ${(error as Error).message}`);
      }
      return;
    case "quantity":
      canonicalQuantity(typeof value === "number" || typeof value === "string" ? value : String(value));
      return;
    case "time":
    case "microTime":
      if (typeof value !== "string") throw new DecodeError(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
      (type.type === "time" ? parseTime : parseMicroTime)(value);
      return;
    case "intOrString":
      if (typeof value !== "string" && !Number.isInteger(value)) throw new DecodeError(`json: cannot unmarshal ${typeof value === "number" ? `number ${value}` : jsonKind(value)} into Go value of type ${goTypeName(type)}`);
      return;
    default:
      return;
  }
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
