import type { ApiObject } from "../wire.ts";

/** What an undecodable detail means: Strict refuses with 400, Warn answers with warnings, Ignore is silent. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface Decoded<T = ApiObject> {
  readonly object: T;
  /** Texts of `Warning` headers: unknown and duplicate fields under Warn. */
  readonly warnings: readonly string[];
}

/**
 * Decodes JSON text into an object of the definition: fields in Kubernetes' order, nulls dropped where Go would have
 * the zero value, quantities and times canonical, unknown fields pruned. Integers beyond 2^53 (int64) are bigint.
 * `definition` undefined: a custom resource; nothing is pruned but duplicates are still found.
 * @throws StatusError 400 with the decoder's wording
 */
export declare function decodeJson<T = ApiObject>(definition: string | undefined, text: string, validation: FieldValidation): Decoded<T>;

/** Checks and normalises an object that is already parsed (a patch's result, an in-process write) as decodeJson does; the argument is not kept. */
export declare function normalizeObject<T = ApiObject>(definition: string | undefined, value: unknown, validation: FieldValidation): Decoded<T>;

/**
 * The compact JSON that Kubernetes writes for the object, without the newline: fields in Go's order, empty ones left
 * out unless `always`, map keys by UTF-8 bytes, <, > and & escaped. `definition` undefined: a custom resource (keys sorted).
 */
export declare function encodeObject(definition: string | undefined, object: unknown): string;

/** The same, indented by two blanks as for `?pretty=1`. */
export declare function encodePretty(definition: string | undefined, object: unknown): string;
