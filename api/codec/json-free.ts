import { goQuote } from "../status/go-text.ts";
import { DecodeError } from "./decode-error.ts";
import { decodeTree, kindOf, type TreeDecoded } from "./json-decode.ts";
import { ArrayNode, type JsonNode, ObjectNode } from "./json-tree.ts";
import { nodeToValue } from "./raw.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const MAX_STRICT_ERRORS = 100;

/** A custom resource: free-form but for its metadata; duplicates are still found. @throws DecodeError | DepthError */
export function decodeFreeTree(node: JsonNode, text: string): TreeDecoded {
  if (!(node instanceof ObjectNode)) throw new DecodeError(`json: cannot unmarshal ${kindOf(node)} into Go value of type map[string]interface {}`);
  const strict = new Set(duplicateFields(node));
  const object = nodeToValue(node) as Record<string, unknown>;
  const metadata = node.values[node.keys.lastIndexOf("metadata")];
  if (metadata !== undefined && metadata !== null) {
    const decoded = decodeTree(OBJECT_META, metadata, text);
    object.metadata = withoutEmpty(decoded.object);
    for (const error of decoded.strictErrors) {
      // Duplicates were found above.
      const unknown = /^unknown field "(.*)"$/s.exec(error)?.[1];
      if (unknown !== undefined && strict.size < MAX_STRICT_ERRORS) strict.add(`unknown field "metadata.${unknown}"`);
    }
  }
  return { object, strictErrors: [...strict] };
}

/** Of a custom resource's metadata: lists and maps without anything in them are not there, as of metadata that goes through a Go struct. The argument is changed. */
export function withoutEmpty(metadata: Record<string, unknown>): Record<string, unknown> {
  for (const name in metadata) {
    const value = metadata[name];
    if (typeof value === "object" && value !== null && Object.keys(value).length === 0) delete metadata[name];
  }
  return metadata;
}

/** `duplicate field "data.k"` for each member that stands twice, each once, in the order of the text. */
export function duplicateFields(root: JsonNode): readonly string[] {
  const strict = new Set<string>();
  const open: [JsonNode, string][] = [[root, ""]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, path] = next;
    if (strict.size >= MAX_STRICT_ERRORS) break;
    if (node instanceof ArrayNode) for (let i = node.items.length - 1; i >= 0; i--) open.push([node.items[i] as JsonNode, `${path}[${i}]`]);
    if (!(node instanceof ObjectNode)) continue;
    const seen = new Set<string>();
    for (const key of node.keys) {
      if (seen.has(key)) strict.add(`duplicate field ${goQuote(`${path}.${key}`.slice(1))}`);
      seen.add(key);
    }
    for (let i = node.keys.length - 1; i >= 0; i--) {
      const value = node.values[i] as JsonNode;
      if (value !== null && typeof value === "object") open.push([value, `${path}.${node.keys[i]}`]);
    }
  }
  return [...strict];
}
