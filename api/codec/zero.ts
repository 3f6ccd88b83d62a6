import { definition } from "../schema/schema.ts";
import type { FieldSchema, SchemaType } from "../schema/types.ts";

/**
 * The shape of a normalised object (what decoding gives): as on the wire. A field that is not a pointer and holds its
 * zero value ("", 0, false) is absent, unless it is always written: then it is there, structs with their own always
 * fields. Lists and maps are kept as they came, empty ones too; absent ones are absent even where the wire has null.
 */
export function zeroOf(type: SchemaType): unknown {
  switch (type.type) {
    case "string":
      return "";
    case "boolean":
      return false;
    case "integer":
    case "double":
    case "intOrString":
      return 0;
    case "quantity":
      return "0";
    case "object":
      return zeroObject(type.definition);
    default:
      return undefined;
  }
}

/** What an always-written field holds when nothing was said; undefined where the object goes without. */
export function zeroOfField(field: FieldSchema): unknown {
  return field.always && !field.pointer ? zeroOf(field.type) : undefined;
}

/** A fresh object with only its always-written fields. */
export function zeroObject(definitionName: string): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of definition(definitionName).fields) {
    const zero = zeroOfField(field);
    if (zero !== undefined) object[field.name] = zero;
  }
  return object;
}

/** Whether the field's zero value is the same as none. Not so for bytes: none and no bytes differ in protobuf. */
export function dropsZero(field: FieldSchema): boolean {
  return !field.pointer && !field.always && field.type.type !== "bytes";
}

/** Whether the value of a field that is no pointer says nothing. */
export function isZeroScalar(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

/** Sets an own property, whatever its name: `__proto__` too. */
export function setOwn(object: object, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else (object as Record<string, unknown>)[key] = value;
}
