import type { GroupVersionKind } from "../schema/types.ts";
import type { ApiObject } from "../wire.ts";
import type { Decoded, FieldValidation } from "./json.ts";

export type MediaType = "json" | "yaml" | "protobuf";

export interface BodyRequest {
  readonly bytes: Uint8Array;
  readonly mediaType: MediaType;
  /** Used where the body names no kind or apiVersion, and what it must be otherwise. */
  readonly expected: GroupVersionKind;
  readonly validation: FieldValidation;
  /** The definition of a kind: built in, or undefined for a custom resource of a known kind; throws for an unknown one. */
  readonly custom?: boolean;
}

/**
 * A request body → object of the expected kind (its kind and apiVersion filled in). Built-in kinds are looked up in
 * the schema; `custom` marks a custom resource (no definition; protobuf refused).
 * @throws StatusError 400 (malformed, wrong types, other kind, strict errors)
 */
export declare function decodeBody(request: BodyRequest): Decoded<ApiObject> & { readonly kind: GroupVersionKind };
