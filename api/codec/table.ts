import type { Column } from "../kinds/kind.ts";
import type { ApiObject, ListMeta } from "../wire.ts";

/** What a row carries besides its cells: the metadata (default), the whole object, or nothing. */
export type IncludeObject = "Metadata" | "Object" | "None";

export interface TableOptions {
  readonly columns: readonly Column[];
  readonly includeObject: IncludeObject;
  readonly now_ms: number;
  readonly metadata: ListMeta;
  /** Apiversion asked for: v1 or v1beta1 of meta.k8s.io. */
  readonly version: "v1" | "v1beta1";
}

/** A meta.k8s.io Table of these objects as compact JSON text. On a watch only the first event carries the column definitions: `withColumns`. */
export declare function encodeTable(objects: readonly ApiObject[], definition: string | undefined, options: TableOptions, withColumns?: boolean): string;

/** A PartialObjectMetadata of the object, as an object. */
export declare function partialObjectMetadata(object: ApiObject, version?: "v1" | "v1beta1"): ApiObject;
