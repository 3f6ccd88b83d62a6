import type { Column, RowCondition } from "../kinds/kind.ts";
import type { ApiObject, ListMeta } from "../wire.ts";
import { encodeObject } from "./json.ts";
import { escapeHtml } from "./json-text.ts";

/** What a row carries besides its cells: the metadata (default), the whole object, or nothing. */
export type IncludeObject = "Metadata" | "Object" | "None";

export interface TableOptions {
  readonly columns: readonly Column[];
  /** What a row says of its object as a whole. */
  readonly rowConditions?: ((object: ApiObject) => readonly RowCondition[]) | undefined;
  readonly includeObject: IncludeObject;
  readonly now_ms: number;
  readonly metadata: ListMeta;
  /** Apiversion asked for: v1 or v1beta1 of meta.k8s.io. */
  readonly version: "v1" | "v1beta1";
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** A meta.k8s.io Table of these objects as compact JSON text. On a watch only the first event carries the column definitions: `withColumns`. */
export function encodeTable(objects: readonly ApiObject[], definition: string | undefined, options: TableOptions, withColumns = true): string {
  const metadata = encodeObject(`${META}ListMeta`, options.metadata);
  const defined = options.columns.filter((column) => column.undefinedColumn !== true);
  const columns = withColumns ? escapeHtml(JSON.stringify(defined.map(({ name, type, format, description, priority }) => ({ name, type, format, description, priority })))) : "null";
  const rows = objects.map((object) => rowText(object, definition, options));
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${options.version}","metadata":${metadata},"columnDefinitions":${columns},"rows":[${rows.join(",")}]}`;
}

function rowText(object: ApiObject, definition: string | undefined, options: TableOptions): string {
  const cells = escapeHtml(JSON.stringify(options.columns.map((column) => column.cell(object, options.now_ms))));
  const found = options.rowConditions?.(object) ?? [];
  const conditions = found.length === 0 ? "" : `,"conditions":${escapeHtml(JSON.stringify(found))}`;
  return `{"cells":${cells}${conditions}${includedObject(object, definition, options)}}`;
}

function includedObject(object: ApiObject, definition: string | undefined, options: TableOptions): string {
  switch (options.includeObject) {
    case "None":
      return ',"object":null';
    case "Object":
      return `,"object":${encodeObject(definition, object)}`;
    case "Metadata":
      return `,"object":${encodeObject(`${META}PartialObjectMetadata`, partialObjectMetadata(object, options.version))}`;
  }
}

/** A PartialObjectMetadata of the object, as an object. */
export function partialObjectMetadata(object: ApiObject, version: "v1" | "v1beta1" = "v1"): ApiObject {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
