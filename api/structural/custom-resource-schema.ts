import type { FieldError } from "../status/field-error.ts";
import type { ApiObject } from "../wire.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

/**
 * What a version's schema does to its objects, in the order of a write: `prune` (with the paths for Strict and Warn), `applyDefaults`,
 * then `validate` or `validateUpdate`; a read of a stored object calls `prune` and `applyDefaults` too. All change or read the object they are
 * given, which is a plain JSON value; metadata, apiVersion and kind at the root are left to the registry.
 */
export interface CustomResourceSchema {
  readonly props: JsonSchemaProps;
  /** Removes the fields that the schema does not know, also below embedded objects, and nulls where they may not be. Returns the removed fields' paths, sorted: `spec.list[0].x`. */
  prune(object: ApiObject): string[];
  /** Fills defaults. Idempotent. */
  applyDefaults(object: ApiObject): void;
  /**
   * Malformed metadata of embedded objects: one text for the 400, undefined when there is none. With `drop` such fields are removed
   * instead (a stored object must stay readable).
   */
  coerceEmbedded(object: ApiObject, drop: boolean): string | undefined;
  /** Schema, embedded metadata, list types and CEL rules: everything but metadata, type and scale, whose errors are `before`: they decide whether the rules are run. */
  validate(object: ApiObject, before?: readonly FieldError[]): FieldError[];
  /** The same for an update: what was wrong before and has not changed is let through (KEP-4008), `oldSelf` is there. */
  validateUpdate(object: ApiObject, old: ApiObject, before?: readonly FieldError[]): UpdateVerdict;
}

export interface UpdateVerdict {
  readonly errors: FieldError[];
  /** Texts of `Warning` headers: rules that an unchanged part breaks. */
  readonly warnings: string[];
}
