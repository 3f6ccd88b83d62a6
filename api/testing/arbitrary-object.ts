import fc from "fast-check";
import { canonicalQuantity } from "../quantity.ts";
import { definition as definitionOf } from "../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../schema/types.ts";

/** How deep objects are filled; below it only what is always written is there. */
const DEPTH = 4;

const texts = fc.oneof({ weight: 6, arbitrary: fc.stringMatching(/^[a-z0-9./-]{1,12}$/) }, fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).map((text) => text.toWellFormed()), fc.constantFrom("<&>", "é\u2028", "__proto__", "\u0000\n"));
const keys = fc.oneof({ weight: 8, arbitrary: fc.stringMatching(/^[a-z][a-z0-9./-]{0,9}$/) }, fc.constantFrom("__proto__", "constructor", "1", "10", "9", "\ue000", "😀"));
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((value) => value !== 0);
const int64 = fc.oneof(fc.maxSafeInteger().filter((value) => value !== 0), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }), fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }));
const quantities = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom("", "m", "u", "n", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-3"))
  .map(([amount, suffix]) => canonicalQuantity(`${amount}${suffix}`));
const instants = fc.date({ min: new Date("0002-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });
// A double beyond 2^53 that is written without a fraction is read back as an exact integer; -0 is 0 on the wire.
const freeValues = fc
  .jsonValue({ maxDepth: 2 })
  .filter((value) => !/[0-9]{16}/.test(JSON.stringify(value)))
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/**
 * Any normalised object of a definition, as the codecs give it: in the order of the schema, no zero values but those
 * that are always written, canonical quantities and times.
 */
export function arbitraryObject(definition: string, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  // kind and apiVersion have no place in a message: items of lists lose them in protobuf.
  const fields = definitionOf(definition).fields.filter((field) => field.protobuf !== undefined);
  return fc
    .tuple(...fields.map((field) => arbitraryField(field, depth)))
    .map((values) => Object.fromEntries(values.flatMap((value, i) => (value === undefined ? [] : [[fields[i]?.name ?? "", value]]))));
}

function arbitraryField(field: FieldSchema, depth: number): fc.Arbitrary<unknown> {
  if (field.omitzero || !field.always) {
    if (depth >= DEPTH) return fc.constant(undefined);
    return fc.option(nonEmpty(field, depth), { nil: undefined, freq: depth + 1 });
  }
  if (field.pointer || ["list", "map", "time", "microTime", "bytes", "raw"].includes(field.type.type)) return fc.option(nonEmpty(field, depth), { nil: undefined, freq: 2 });
  return arbitraryValue(field.type, depth + 1);
}

/** A value that is written: for pointers also zero, for others anything but zero. */
function nonEmpty(field: FieldSchema, depth: number): fc.Arbitrary<unknown> {
  const { type } = field;
  if (type.type === "list" || type.type === "map" || type.type === "bytes") return arbitraryValue(type, depth + 1);
  if (!field.pointer) return arbitraryValue(type, depth + 1);
  if (type.type === "integer") return fc.oneof(arbitraryValue(type, depth), fc.constant(0));
  if (type.type === "boolean") return fc.boolean();
  if (type.type === "string") return fc.oneof(texts, fc.constant(""));
  return arbitraryValue(type, depth + 1);
}

function arbitraryValue(type: SchemaType, depth: number): fc.Arbitrary<unknown> {
  switch (type.type) {
    case "string":
      return texts;
    case "boolean":
      return fc.constant(true);
    case "integer":
      return type.bits === 32 ? int32 : int64;
    case "double":
      return fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0);
    case "bytes":
      return fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    case "time":
      return instants.map((date) => `${date.toISOString().slice(0, 19)}Z`);
    case "microTime":
      return fc.tuple(instants, fc.integer({ min: 0, max: 999_999 })).map(([date, micros]) => `${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, "0")}Z`);
    case "quantity":
      return quantities;
    case "intOrString":
      return fc.oneof(int32, texts);
    case "object":
      return arbitraryObject(type.definition, depth);
    case "list":
      return depth > DEPTH + 1 ? fc.constant([]) : fc.array(arbitraryValue(type.items, depth), { minLength: 1, maxLength: 2 });
    case "map":
      return fc.uniqueArray(keys, { minLength: 1, maxLength: 3 }).chain((names) =>
        fc.tuple(...names.map(() => arbitraryValue(type.values, depth))).map((values) => Object.fromEntries(names.map((name, i) => [name, values[i]]))),
      );
    case "schemaOrBool":
      return fc.oneof(fc.boolean(), depth > DEPTH ? fc.constant(false) : arbitraryObject(SCHEMA_PROPS, depth + 2));
    case "schemaOrArray":
      return arbitraryObject(SCHEMA_PROPS, depth + 2);
    case "schemaOrStrings":
      return fc.oneof(fc.array(texts, { minLength: 1, maxLength: 2 }), arbitraryObject(SCHEMA_PROPS, depth + 2));
    default:
      return freeValues.filter((value) => value !== null);
  }
}

const SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
