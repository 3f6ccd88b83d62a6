import { CelError } from "../cel/cel-error.ts";
import { type DataType, JsonList, JsonMap } from "../cel/data-type.ts";
import { parseTimestamp } from "../cel/time-text.ts";
import { BOOL, BYTES, type CelType, DOUBLE, DURATION, DYN, INT, listOf, mapOf, STRING, TIMESTAMP } from "../cel/types.ts";
import { CelDuration, type CelValue } from "../cel/values.ts";
import { encodeFree } from "../codec/json-encode.ts";
import { isMap } from "../patch/json-value.ts";
import { celName, isKeyword } from "./cel-names.ts";
import { KeyedList } from "./keyed-list.ts";
import { parseOpenApiDuration } from "./open-api-duration.ts";
import type { Structural } from "./structural.ts";

/** The largest request: nothing in it is longer. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** JSON's least bytes of each kind of value, and the most of those with a form. */
const MIN_STRING = 2;
const MIN_BOOL = 4;
const MIN_NUMBER = 1;
const MIN_DURATION = 3;
const MAX_DURATION = 32;
const DATE = 12;
const MIN_TIME = 21;
const MAX_TIME = 32;
/** Braces or brackets. */
const MIN_CONTAINER = 2;

/**
 * A schema's type as rules see it; undefined where rules cannot look (no type is known). `isRoot`: apiVersion, kind and metadata's names are
 * there whatever the schema says.
 */
export function ruleType(schema: Structural, isRoot = false): DataType | undefined {
  if (isRoot) return schema.type === "object" && schema.values === undefined ? objectType(schema, true) : ruleType(schema);
  // Every place with rules asks for the types below it.
  const known = types.get(schema);
  if (known !== undefined) return known;
  const type = makeType(schema);
  if (type !== undefined) types.set(schema, type);
  return type;
}

const types = new WeakMap<Structural, DataType>();

function makeType(schema: Structural): DataType | undefined {
  if (schema.intOrString) return scalar(DYN, MAX_REQUEST_BYTES - 2, 1, intOrString);
  switch (schema.type) {
    case "array":
      return listType(schema);
    case "object":
      return schema.values === undefined ? objectType(schema, schema.isResource) : mapType(schema, schema.values);
    case "string":
      return stringType(schema);
    case "boolean":
      return scalar(BOOL, 0, MIN_BOOL, expecting("boolean"));
    case "integer":
      return scalar(INT, 0, MIN_NUMBER, integer);
    case "number":
      return scalar(DOUBLE, 0, MIN_NUMBER, (json) => (isNumber(json) ? Number(json) : wrong("number", json)));
    default:
      return undefined;
  }
}

/** How often a value with that least size can stand in one request. */
export function mostInRequest(minJson: number): number {
  return Math.floor(MAX_REQUEST_BYTES / (minJson + 1));
}

type Convert = (json: unknown) => CelValue;

function scalar(type: CelType, maxSize: number, minJson: number, convert: Convert): DataType {
  return { type, maxSize, minJson, element: undefined, fields: undefined, convert: nullable(convert) };
}

function nullable(convert: Convert): Convert {
  return (json) => (json === null || json === undefined ? null : convert(json));
}

function wrong(expected: string, json: unknown): never {
  throw new CelError(`invalid data, expected a ${expected} value, got ${Array.isArray(json) ? "array" : typeof json}`);
}

function expecting(type: "boolean" | "string"): Convert {
  return (json) => (typeof json === type ? (json as CelValue) : wrong(type, json));
}

function isNumber(json: unknown): json is number | bigint {
  return typeof json === "number" || typeof json === "bigint";
}

function integer(json: unknown): CelValue {
  return isNumber(json) && (typeof json === "bigint" || Number.isInteger(json)) ? BigInt(json) : wrong("integer", json);
}

function intOrString(json: unknown): CelValue {
  return typeof json === "string" ? json : isNumber(json) ? integer(json) : wrong("string or integer", json);
}

function stringType({ props }: Structural): DataType {
  const length = props.maxLength === undefined ? undefined : Math.max(0, Number(props.maxLength));
  switch (props.format) {
    case "byte":
      return scalar(BYTES, length ?? MAX_REQUEST_BYTES - 2, MIN_STRING, (json) => (typeof json === "string" ? base64(json) : wrong("string", json)));
    case "duration":
      return scalar(DURATION, MAX_DURATION, MIN_DURATION, duration);
    case "date":
      return scalar(TIMESTAMP, DATE, DATE, (json) => (typeof json === "string" ? parseTimestamp(`${json}T00:00:00Z`) : wrong("string", json)));
    case "date-time":
      return scalar(TIMESTAMP, MAX_TIME, MIN_TIME, (json) => (typeof json === "string" ? parseTimestamp(json.replace("t", "T").replace("z", "Z")) : wrong("string", json)));
  }
  // maxLength counts characters of up to four bytes.
  const longest = length === undefined ? longestEnum(props.enum) : length * 4;
  return scalar(STRING, longest, MIN_STRING, expecting("string"));
}

function longestEnum(values: readonly unknown[] | undefined): number {
  if (values === undefined || values.length === 0) return MAX_REQUEST_BYTES - 2;
  return Math.max(...values.map((value) => (typeof value === "string" ? value.length : encodeFree(value).length)));
}

function base64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw new CelError("failed to decode base64 string");
  return new Uint8Array(Buffer.from(text, "base64"));
}

function duration(json: unknown): CelValue {
  const duration_ns = typeof json === "string" ? parseOpenApiDuration(json) : wrong("string", json);
  if (duration_ns === undefined) throw new CelError(`Invalid duration ${JSON.stringify(json)}`);
  return new CelDuration(duration_ns);
}

function bound(limit: number | bigint | undefined, otherwise: number): number {
  return limit === undefined ? otherwise : Math.max(0, Number(limit));
}

function listType(schema: Structural): DataType | undefined {
  const element = schema.items === undefined ? undefined : ruleType(schema.items);
  if (element === undefined) return undefined;
  const isKeyed = schema.listType !== "atomic";
  const convert: Convert = (json) => (!Array.isArray(json) ? wrong("array", json) : isKeyed ? new KeyedList(json, element.convert, schema) : new JsonList(json, element.convert));
  return {
    type: listOf(element.type),
    maxSize: bound(schema.props.maxItems, Math.floor((MAX_REQUEST_BYTES - 2) / (element.minJson + 1))),
    minJson: MIN_CONTAINER,
    element,
    fields: undefined,
    convert: nullable(convert),
  };
}

function mapType(schema: Structural, values: Structural): DataType | undefined {
  const element = ruleType(values);
  if (element === undefined) return undefined;
  return {
    type: mapOf(STRING, element.type),
    // A key, quotes, colon and comma take six bytes at least.
    maxSize: bound(schema.props.maxProperties, Math.floor((MAX_REQUEST_BYTES - 2) / (element.minJson + 6))),
    minJson: MIN_CONTAINER,
    element,
    fields: undefined,
    convert: nullable((json) => (isMap(json) ? new JsonMap(json, () => element.convert) : wrong("object", json))),
  };
}

const plainString = scalar(STRING, MAX_REQUEST_BYTES - 2, MIN_STRING, expecting("string"));

function metadataType(name: string): DataType {
  const fields = new Map([
    ["name", plainString],
    ["generateName", plainString],
  ]);
  return objectOf(`${name}.metadata`, fields, fields, MIN_CONTAINER);
}

function objectType(schema: Structural, isResource: boolean): DataType {
  const byJson = new Map<string, DataType>();
  const byCel = new Map<string, DataType>();
  let minJson = MIN_CONTAINER;
  const declare = (property: string, type: DataType | undefined, isRequired: boolean) => {
    if (type === undefined) return;
    byJson.set(property, type);
    const own = celName(property);
    if (own !== undefined) byCel.set(own, type);
    if (isRequired) minJson += property.length + type.minJson + 4;
  };
  for (const [property, child] of schema.properties) {
    if (isResource && property === "metadata") continue;
    declare(property, ruleType(child), schema.props.required?.includes(property) === true && child.props.default === undefined);
  }
  if (isResource) {
    for (const property of ["apiVersion", "kind"]) if (!byJson.has(property)) declare(property, plainString, false);
    declare("metadata", metadataType(schema.name), false);
  }
  return objectOf(schema.name, byCel, byJson, minJson);
}

function objectOf(name: string, byCel: ReadonlyMap<string, DataType>, byJson: ReadonlyMap<string, DataType>, minJson: number): DataType {
  const jsonNames = new Map([...byJson.keys()].map((property) => [celName(property) ?? "", property]));
  const fieldTypes = new Map([...byCel].map(([field, { type }]) => [field, type]));
  for (const [property, { type }] of byJson) {
    if (!isKeyword(property)) continue;
    jsonNames.set(property, property);
    fieldTypes.set(property, type);
  }
  const names = { toJson: (own: string) => jsonNames.get(own), toCel: (property: string) => celName(property) ?? property };
  return {
    type: { kind: "object", name, fields: fieldTypes },
    // Kubernetes takes objects and plain values for nothing where it estimates.
    maxSize: 0,
    minJson,
    element: undefined,
    fields: byCel,
    convert: nullable((json) => (isMap(json) ? new JsonMap(json, (property) => byJson.get(property)?.convert, names) : wrong("object", json))),
  };
}
