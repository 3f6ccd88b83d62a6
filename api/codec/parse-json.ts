import { parseJsonTree } from "./json-tree.ts";
import { nodeToValue } from "./raw.ts";

/**
 * JSON.parse without a fault of V8's (Node 26.10): a name that is written with an escape can be read as another one that has a
 * backslash where the escape stands, when an object with that name was met before. Such a misreading always shows a name with
 * a backslash; where one appears, a parser of our own reads the text (integers beyond 2^53 are then bigint).
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes("\\") && hasBackslashName(value) ? nodeToValue(parseJsonTree(text)) : value;
}

/** Whether some object in the value has a name with a backslash. The value is one of JSON.parse. */
export function hasBackslashName(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === null || typeof next !== "object") continue;
    if (Array.isArray(next)) {
      for (const item of next) if (typeof item === "object") open.push(item);
      continue;
    }
    const object = next as Readonly<Record<string, unknown>>;
    for (const name in object) {
      if (name.includes("\\")) return true;
      const inside = object[name];
      if (typeof inside === "object") open.push(inside);
    }
  }
  return false;
}
