import { kindOf } from "../codec/json-decode.ts";
import { duplicateFields } from "../codec/json-free.ts";
import { ArrayNode, type JsonNode, JsonSyntaxError, ObjectNode, parseJsonTree } from "../codec/json-tree.ts";
import { DepthError, nodeToValue } from "../codec/raw.ts";
import { badRequest } from "../status/errors.ts";
import { goQuote } from "../status/go-text.ts";
import type { JsonPatchOperation } from "./json-patch.ts";
import type { JsonMap } from "./json-value.ts";

export interface ParsedPatch<T> {
  readonly patch: T;
  /** Duplicate and unknown fields of the patch itself. */
  readonly strictErrors: readonly string[];
}

/** A JSON patch's operations. @throws StatusError 400 */
export function parseJsonPatch(text: string): ParsedPatch<JsonPatchOperation[]> {
  const tree = parse(text, "error decoding patch: ");
  if (tree === null) return { patch: [], strictErrors: [] };
  if (!(tree instanceof ArrayNode)) throw wrongType(tree, "Go value of type []handlers.jsonPatchOp");
  const strict = new Set<string>();
  return { patch: tree.items.map((item, i) => parseOperation(item, i, strict)), strictErrors: [...strict].map((error) => `json patch ${error}`) };
}

const operationFields: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

function parseOperation(node: JsonNode, index: number, strict: Set<string>): JsonPatchOperation {
  if (node === null) return {};
  if (!(node instanceof ObjectNode)) throw wrongType(node, "Go value of type handlers.jsonPatchOp");
  const operation: Record<string, unknown> = {};
  for (const [i, key] of node.keys.entries()) {
    const path = goQuote(`[${index}].${key}`);
    if (!operationFields.has(key)) {
      strict.add(`unknown field ${path}`);
      continue;
    }
    if (Object.hasOwn(operation, key)) strict.add(`duplicate field ${path}`);
    const value = node.values[i] as JsonNode;
    if (key === "value") operation.value = nodeToValue(value);
    else if (typeof value === "string") operation[key] = value;
    else if (value !== null) throw wrongType(value, `Go struct field jsonPatchOp.${key} of type string`);
  }
  return operation;
}

/** A merge patch's or strategic merge patch's object; null stays null. @throws StatusError 400 */
export function parseMapPatch(text: string, prefix: string): ParsedPatch<JsonMap | null> {
  const tree = parse(text, prefix);
  if (tree === null) return { patch: null, strictErrors: [] };
  if (!(tree instanceof ObjectNode)) throw wrongType(tree, "Go value of type map[string]interface {}", prefix);
  return { patch: value(tree, prefix) as JsonMap, strictErrors: duplicateFields(tree) };
}

function parse(text: string, prefix: string): JsonNode {
  try {
    return parseJsonTree(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badRequest(`${prefix}${error.message}`);
    throw error;
  }
}

function value(tree: JsonNode, prefix: string): unknown {
  try {
    return nodeToValue(tree);
  } catch (error) {
    if (error instanceof DepthError) throw badRequest(`${prefix}${error.message}`);
    throw error;
  }
}

function wrongType(node: JsonNode, target: string, prefix = "error decoding patch: "): Error {
  return badRequest(`${prefix}json: cannot unmarshal ${kindOf(node)} into ${target}`);
}
