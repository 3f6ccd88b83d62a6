/** A CEL type, as the checker and the run-time dispatch see it. */
export type CelType =
  | { readonly kind: SimpleKind }
  | { readonly kind: "list"; readonly element: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  | ObjectType
  /** A type of a library: `optional_type(int)`, `kubernetes.Quantity`. */
  | { readonly kind: "opaque"; readonly name: string; readonly parameters: readonly CelType[] }
  | { readonly kind: "type"; readonly of: CelType }
  /** A type parameter in a function's signature, or one that the checker has not found yet. */
  | { readonly kind: "param"; readonly name: string };

type SimpleKind = "dyn" | "bool" | "int" | "uint" | "double" | "string" | "bytes" | "null" | "timestamp" | "duration" | "error";

/** Fields under their CEL names. Two object types are alike when they have one name. */
export interface ObjectType {
  readonly kind: "object";
  readonly name: string;
  readonly fields: ReadonlyMap<string, CelType>;
}

export const DYN: CelType = { kind: "dyn" };
export const BOOL: CelType = { kind: "bool" };
export const INT: CelType = { kind: "int" };
export const UINT: CelType = { kind: "uint" };
export const DOUBLE: CelType = { kind: "double" };
export const STRING: CelType = { kind: "string" };
export const BYTES: CelType = { kind: "bytes" };
export const NULL: CelType = { kind: "null" };
export const TIMESTAMP: CelType = { kind: "timestamp" };
export const DURATION: CelType = { kind: "duration" };
/** What a part that is wrong has: it takes part in no further complaint. */
export const ERROR: CelType = { kind: "error" };

export function listOf(element: CelType): CelType {
  return { kind: "list", element };
}

export function mapOf(key: CelType, value: CelType): CelType {
  return { kind: "map", key, value };
}

export function optionalOf(value: CelType): CelType {
  return { kind: "opaque", name: "optional_type", parameters: [value] };
}

/** `map(string, list(int))`. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${typeText(type.element)})`;
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`;
    case "object":
      return type.name;
    case "opaque":
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(typeText).join(", ")})`;
    case "type":
      return `type(${typeText(type.of)})`;
    case "param":
      return type.name;
    case "error":
      return "!error!";
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    case "null":
      return "null";
    default:
      return type.kind;
  }
}

const simple: Readonly<Record<string, CelType>> = { dyn: DYN, bool: BOOL, int: INT, uint: UINT, double: DOUBLE, string: STRING, bytes: BYTES, null: NULL, timestamp: TIMESTAMP, duration: DURATION };

/** Reads a type as signatures write it: `list(A)`, `optional_type(V)`, `kubernetes.URL`; single capitals are parameters. */
export function parseType(text: string): CelType {
  const name = /^[\w.]+/.exec(text)?.[0] ?? "";
  const known = simple[text];
  if (known !== undefined) return known;
  if (/^[A-Z]$/.test(text)) return { kind: "param", name: text };
  const inner = text === name ? [] : splitTypes(text.slice(name.length + 1, -1)).map(parseType);
  const [first = DYN, second = DYN] = inner;
  if (name === "list") return listOf(first);
  if (name === "map") return mapOf(first, second);
  if (name === "type") return { kind: "type", of: first };
  return { kind: "opaque", name, parameters: inner };
}

/** Splits `A, list(B)` at the commas outside of brackets. */
export function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const character = text[i];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if ((character === "," && depth === 0) || character === undefined) {
      if (text.slice(start, i).trim() !== "") parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  return parts;
}
