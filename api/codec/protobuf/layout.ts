import type { Definition, FieldSchema } from "../../schema/types.ts";

/** The fields of a message by number, those of inlined messages in messages of their own. */
export interface MessageLayout {
  /** Ascending by number. */
  readonly entries: readonly LayoutEntry[];
}

export type LayoutEntry =
  | { readonly type: "field"; readonly number: number; readonly field: FieldSchema }
  | { readonly type: "inline"; readonly number: number; readonly message: MessageLayout };

interface Node {
  readonly fields: Map<number, FieldSchema>;
  readonly inlines: Map<number, Node>;
}

/** How the definition's fields lie in its protobuf message. */
export function layoutOf(definition: Definition): MessageLayout {
  const root: Node = { fields: new Map(), inlines: new Map() };
  for (const field of definition.fields) {
    if (field.protobuf === undefined) continue;
    let node = root;
    for (const number of field.protobuf.slice(0, -1)) {
      const inner = node.inlines.get(number) ?? { fields: new Map(), inlines: new Map() };
      node.inlines.set(number, inner);
      node = inner;
    }
    node.fields.set(field.protobuf.at(-1) ?? 0, field);
  }
  return toLayout(root);
}

function toLayout(node: Node): MessageLayout {
  const entries: LayoutEntry[] = [];
  for (const [number, field] of node.fields) entries.push({ type: "field", number, field });
  for (const [number, inner] of node.inlines) entries.push({ type: "inline", number, message: toLayout(inner) });
  return { entries: entries.sort((a, b) => a.number - b.number) };
}

export const SCHEMA_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
