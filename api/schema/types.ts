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
  | { readonly type: "raw" }
  /** metav1.FieldsV1: the fields that a manager owns. */
  | { readonly type: "fieldsV1" }
  /** apiextensions JSON and the unions around JSONSchemaProps; `any` is a Table cell. */
  | { readonly type: "json" | "schemaOrArray" | "schemaOrBool" | "schemaOrStrings" | "any" }
  | { readonly type: "object"; readonly definition: string }
  | { readonly type: "list"; readonly items: SchemaType }
  | { readonly type: "map"; readonly values: SchemaType };

export interface FieldSchema {
  readonly name: string;
  readonly type: SchemaType;
  /** Written even when empty (no omitempty in Go, or a struct). */
  readonly always: boolean;
  /** Go pointer: absent differs from zero. */
  readonly pointer: boolean;
  /** A struct that is left out when zero (metadata.creationTimestamp). */
  readonly omitzero: boolean;
  /** Listed as required in OpenAPI. */
  readonly required: boolean;
  /** What an absent key of a list item stands for. */
  readonly default?: unknown;
  readonly listType?: "atomic" | "set" | "map";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** Strategic merge patch. */
  readonly patchMergeKey?: string;
  readonly patchStrategy?: readonly ("merge" | "replace" | "retainKeys")[];
  /** Protobuf field number; two numbers where the field lies in an inlined message. Absent for kind and apiVersion of an object. */
  readonly protobuf?: readonly number[];
  /** A list that protobuf puts into a message of its own, written where the list is there at all. */
  readonly wrapped: boolean;
  /** Go structs between the definition and this field, which decoding errors name in the path: `ProbeHandler`. */
  readonly embedded?: readonly string[];
  /** Go's name of the type where it has one of its own (`v1.PullPolicy`), as decoding errors print it. */
  readonly goType?: string;
}

export interface Union {
  readonly discriminator?: string;
  /** JSON field → value of the discriminator. */
  readonly fields: Readonly<Record<string, string>>;
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
  /** Server-side apply treats the whole object as one value. */
  readonly mapType?: "atomic";
  readonly unions: readonly Union[];
  /** The kind of this definition; absent for those that are only parts. */
  readonly kind?: GroupVersionKind;
  /** On the wire but not in the OpenAPI document. */
  readonly unpublished: boolean;
  /** Has a protobuf form. */
  readonly protobuf: boolean;
}
