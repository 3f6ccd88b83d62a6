import { ArrayNode, type JsonNode, NumberNode, ObjectNode } from "./json-tree.ts";
import { setOwn } from "./zero.ts";

/** Deepest nesting of a value that is kept without a schema: everything that walks such a value does so by recursion. */
export const MAX_KEPT_DEPTH = 1000;

/** A value is nested deeper than anything here follows. */
export class DepthError extends Error {
  override readonly name = "DepthError";
  constructor() {
    super("exceeded max depth");
  }
}

/**
 * A tree as plain JavaScript values. Integers within int64 stay exact (bigint beyond 2^53), all other numbers are
 * doubles, as Kubernetes keeps them in custom resources. The last of duplicate members wins.
 * @throws DepthError
 */
export function nodeToValue(node: JsonNode, depth = 0): unknown {
  if (node === null || typeof node !== "object") return node;
  if (node instanceof NumberNode) return numberValue(node.text);
  if (depth >= MAX_KEPT_DEPTH) throw new DepthError();
  if (node instanceof ArrayNode) return node.items.map((item) => nodeToValue(item, depth + 1));
  const object = {};
  node.keys.forEach((key, i) => {
    setOwn(object, key, nodeToValue(node.values[i] as JsonNode, depth + 1));
  });
  return object;
}

/** A number's text → number, or bigint for an int64 beyond 2^53. */
export function numberValue(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value) || !/^-?[0-9]+$/.test(text)) return value + 0;
  const exact = BigInt(text);
  return BigInt.asIntN(64, exact) === exact ? exact : value;
}

/** Raw JSON texts whose form the values lose (blanks, numbers such as 1.0, escapes, order of numeric keys). */
const texts = new WeakMap<object, string>();

/** A raw value (RawExtension, JSON): as plain values, with the text it came as remembered for the protobuf form. */
export function rawValue(node: JsonNode, text: string): unknown {
  const value = nodeToValue(node);
  if (node instanceof ObjectNode || node instanceof ArrayNode) rememberRawText(value as object, text.slice(node.start, node.end));
  return value;
}

/** Remembers the text that a raw value came as, unless it is just what would be written anyway. */
export function rememberRawText(value: object, text: string): void {
  if (text !== plainText(value)) texts.set(value, text);
}

/** The text that a raw value came as, while the value still says the same; else its plain text. */
export function rawText(value: unknown): string {
  if (value === null || typeof value !== "object") return plainText(value);
  const text = texts.get(value);
  const plain = plainText(value);
  if (text === undefined) return plain;
  // Somebody may have changed the value since.
  return plainText(JSON.parse(text)) === plain ? text : plain;
}

/** The JSON that clients get of raw values that never change again. */
const finalTexts = new WeakMap<object, string>();

/** Remembers the JSON of a deeply frozen raw value, just as it is written (compact, escaped): it is not made again. */
export function rememberFinalText(value: object, json: string): void {
  finalTexts.set(value, json);
}

/** The remembered JSON of a raw value. */
export function finalText(value: unknown): string | undefined {
  return typeof value === "object" && value !== null ? finalTexts.get(value) : undefined;
}

/** JSON.stringify that knows bigint. */
export function plainText(value: unknown): string {
  try {
    // Without a replacer it is many times faster, and integers beyond 2^53 are rare.
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, bigintAsNumber);
  }
}

function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(String(value)) : value;
}

declare global {
  interface JSON {
    /** ES2026: a number of any size as JSON text. */
    rawJSON(text: string): unknown;
  }
}
