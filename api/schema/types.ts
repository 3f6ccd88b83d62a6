/** What a field holds, as on the wire in JSON. */
export type SchemaType =
  | { readonly type: "string" }
  | { readonly type: "boolean" }
  | { readonly type: "integer"; readonly bits: 32 | 64 }
  | { readonly type: "double" }
  /** Base64 text. */
  | { readonly type: "bytes" }
  /** metav1.Time: RFC 3339 to the second, or null (zero). */
  | { readonly type: "time" }
  /** metav1.MicroTime: RFC 3339 with six digits, or null (zero). */
  | { readonly type: "microTime" }
  | { readonly type: "quantity" }
  | { readonly type: "intOrString" }
  /** runtime.RawExtension: any JSON value, kept as it came. */
  | { readonly type: "rawExtension" }
  /** metav1.FieldsV1: the fields a manager owns. */
  | { readonly type: "fieldsV1" }
  /** apiextensions JSON and the unions around JSONSchemaProps; `any` is a Table cell. */
  | { readonly type: "json" | "schemaOrArray" | "schemaOrBool" | "schemaOrStrings" | "any" }
  | { readonly type: "object"; readonly definition: string }
  | { readonly type: "list"; readonly items: SchemaType }
  | { readonly type: "map"; readonly values: SchemaType };

export interface FieldSchema {
  readonly name: string;
  readonly type: SchemaType;
  /** Written even when empty (no omitempty in Go). */
  readonly always: boolean;
  /** Go pointer: absent differs from zero. */
  readonly pointer: boolean;
  /** A struct that is left out when zero (metadata.creationTimestamp). */
  readonly omitzero: boolean;
  /** Listed as required in OpenAPI. */
  readonly required: boolean;
  readonly default?: unknown;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** Strategic merge patch. */
  readonly patchMergeKey?: string;
  readonly patchStrategy?: readonly ("merge" | "replace" | "retainKeys")[];
}

export interface Union {
  readonly discriminator?: string;
  readonly "fields-to-discriminateBy": Readonly<Record<string, string>>;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Definition {
  /** `io.k8s.api.core.v1.Pod`. */
  readonly name: string;
  /** In the order in which JSON writes them. */
  readonly fields: readonly FieldSchema[];
  readonly mapType?: "atomic";
  readonly unions?: readonly Union[];
  /** The kinds of this definition; empty for those that are only parts. */
  readonly kinds: readonly GroupVersionKind[];
  /** On the wire but not in the OpenAPI document. */
  readonly unpublished: boolean;
}
