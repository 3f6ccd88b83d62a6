import type { ApiObject } from "../wire.ts";
import { checkObject, countMembers, DOUBT } from "./json-check.ts";
import { DecodeError } from "./decode-error.ts";
import { decodeTree } from "./json-decode.ts";
import type { EmptyForm } from "./json-empty.ts";
import { encodeFree, encodeTyped } from "./json-encode.ts";
import { decodeFreeTree } from "./json-free.ts";
import { scanJson } from "./json-scan.ts";
import { JsonSyntaxError, parseJsonTree } from "./json-tree.ts";
import { hasBackslashName } from "./parse-json.ts";
import { DepthError, plainText } from "./raw.ts";

export { DecodeError, type EmptyForm };

/** What an undecodable detail means: Strict refuses, Warn answers with warnings, Ignore is silent. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface Decoded<T = ApiObject> {
  readonly object: T;
  /** Texts of `Warning` headers: unknown and duplicate fields under Warn. */
  readonly warnings: readonly string[];
}

/** Deepest text that the fast way takes. */
const MAX_FAST_DEPTH = 200;

/**
 * Decodes JSON text into a normalised object of the definition (see zero.ts): nulls and zero values dropped as Go would
 * not see them, always-written fields there, quantities, times and base64 canonical, unknown fields pruned. Integers
 * beyond 2^53 are bigint. `definition` undefined: a custom resource, of which only the metadata is typed.
 * @throws DecodeError in the decoder's words: syntax, wrong types, and under Strict every unknown or duplicate field
 */
export function decodeJson<T = ApiObject>(definition: string | undefined, text: string, validation: FieldValidation): Decoded<T> {
  const object = tryDecode(definition, text);
  if (object !== undefined) return { object: object as T, warnings: [] };
  return decodeSlowly(definition, text, validation);
}

/** The normalised object where the text is plainly right; undefined where only a closer look can tell. */
export function tryDecode(definition: string | undefined, text: string): Record<string, unknown> | undefined {
  return definition === undefined ? decodeFreeFast(text) : decodeFast(definition, text);
}

/** Checks and normalises an object as decodeJson does (a patch's result, an in-process write); the argument is not kept. @throws DecodeError */
export function normalizeObject<T = ApiObject>(definition: string | undefined, value: unknown, validation: FieldValidation): Decoded<T> {
  return decodeJson(definition, plainText(value), validation);
}

function decodeFast(definition: string, text: string): Record<string, unknown> | undefined {
  const scan = scanJson(text);
  if (!scan.integersOnly || scan.surrogateEscapes || scan.depth > MAX_FAST_DEPTH) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (scan.escapedNames && hasBackslashName(value)) return undefined;
    const { object, members } = checkObject(definition, value);
    return members === scan.members ? object : undefined;
  } catch (error) {
    if (error === DOUBT || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function decodeFreeFast(text: string): Record<string, unknown> | undefined {
  const scan = scanJson(text);
  if (scan.longNumbers || scan.surrogateEscapes || scan.depth > MAX_FAST_DEPTH) return undefined;
  try {
    const object = JSON.parse(text) as Record<string, unknown>;
    if (object === null || typeof object !== "object" || Array.isArray(object) || countMembers(object) !== scan.members) return undefined;
    if (scan.escapedNames && hasBackslashName(object)) return undefined;
    if (object.metadata !== undefined) object.metadata = checkObject(OBJECT_META, object.metadata).object;
    return object;
  } catch (error) {
    if (error === DOUBT || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

function decodeSlowly<T>(definition: string | undefined, text: string, validation: FieldValidation): Decoded<T> {
  try {
    const tree = parseJsonTree(text);
    const { object, strictErrors } = definition === undefined ? decodeFreeTree(tree, text) : decodeTree(definition, tree, text);
    if (validation === "Strict" && strictErrors.length > 0) throw new DecodeError(`strict decoding error: ${strictErrors.join(", ")}`);
    return { object: object as T, warnings: validation === "Warn" ? strictErrors : [] };
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof DepthError) throw new DecodeError(error.message);
    throw error;
  }
}

/**
 * The compact JSON that Kubernetes writes for the object, without a newline at the end: fields in Go's order, empty
 * ones left out unless always written, map keys by UTF-8 bytes, <, > and & escaped. `definition` undefined: a custom
 * resource (keys sorted).
 */
export function encodeObject(definition: string | undefined, object: unknown, form: EmptyForm = "asGiven"): string {
  return definition === undefined ? encodeFree(object) : encodeTyped(definition, object, form);
}

/** Indented by two blanks as for `?pretty=1`: any compact JSON text. */
export function indentJson(compact: string): string {
  let text = "";
  let depth = 0;
  let start = 0;
  for (let i = 0; i < compact.length; i++) {
    const character = compact.charAt(i);
    if (character === '"') {
      while (compact.charAt(++i) !== '"') if (compact.charAt(i) === "\\") i++;
    } else if (character === "{" || character === "[") {
      if (compact.charAt(i + 1) === (character === "{" ? "}" : "]")) {
        i++;
        continue;
      }
      text += `${compact.slice(start, i + 1)}\n${"  ".repeat(++depth)}`;
      start = i + 1;
    } else if (character === "}" || character === "]") {
      text += `${compact.slice(start, i)}\n${"  ".repeat(--depth)}`;
      start = i;
    } else if (character === ",") {
      text += `${compact.slice(start, i + 1)}\n${"  ".repeat(depth)}`;
      start = i + 1;
    } else if (character === ":") {
      text += `${compact.slice(start, i + 1)} `;
      start = i + 1;
    }
  }
  return text + compact.slice(start);
}
