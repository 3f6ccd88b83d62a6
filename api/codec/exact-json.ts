import { parseJsonTree } from "./json-tree.ts";
import { parseJson } from "./parse-json.ts";
import { nodeToValue } from "./raw.ts";

/** JSON text as plain values, integers beyond 2^53 as bigint. The text is one of our own making. @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? nodeToValue(parseJsonTree(text)) : parseJson(text);
}

/** Too many digits for a number to be sure to keep them all. */
const LONG_NUMBER = /[0-9]{16}/;
