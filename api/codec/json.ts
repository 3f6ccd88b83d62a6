import type { ApiObject } from "../wire.ts";
import { checkObject, countMembers, DOUBT } from "./json-check.ts";
import { DecodeError } from "./decode-error.ts";
import { decodeTree } from "./json-decode.ts";
import type { EmptyForm } from "./json-empty.ts";
import { encodeFieldQuickly, encodeFree, encodeTyped, type KnownField } from "./json-encode.ts";
import { decodeFreeTree, withoutEmpty } from "./json-free.ts";
import { memberRange, scanJson } from "./json-scan.ts";
import { JsonSyntaxError, parseJsonTree } from "./json-tree.ts";
import { hasBackslashName } from "./parse-json.ts";
import { DepthError, plainText } from "./raw.ts";

export { DecodeError, type EmptyForm, encodeFieldQuickly, type KnownField };

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
 * beyond 2^53 are bigint. `definition` undefined: a custom resource, of which only the metadata is typed. `known`: a member
 * that need not be read where its text was met before.
 * @throws DecodeError in the decoder's words: syntax, wrong types, and under Strict every unknown or duplicate field
 */
export function decodeJson<T = ApiObject>(definition: string | undefined, text: string, validation: FieldValidation, known?: KnownMember): Decoded<T> {
  const object = known === undefined || definition === undefined ? tryDecode(definition, text) : tryDecodeAround(definition, text, known);
  if (object !== undefined) return { object: object as T, warnings: [] };
  return decodeSlowly(definition, text, validation);
}

/** The normalised object where the text is plainly right; undefined where only a closer look can tell. */
export function tryDecode(definition: string | undefined, text: string): Record<string, unknown> | undefined {
  return definition === undefined ? decodeFreeFast(text) : decodeFast(definition, text);
}

/** Checks and normalises an object as decodeJson does (a patch's result, an in-process write); the argument is not kept. @throws DecodeError */
export function normalizeObject<T = ApiObject>(definition: string | undefined, value: unknown, validation: FieldValidation, known?: KnownMember): Decoded<T> {
  return decodeJson(definition, plainText(value), validation, known);
}

/** A member of objects whose values are known by their text. */
export interface KnownMember {
  readonly name: string;
  /** What a member of this text decodes to; undefined where that is not known. */
  find(text: string): object | undefined;
  /** Called where the text as a whole had to be looked at more closely: nothing that was found must be remembered. */
  forget(): void;
}

/** As tryDecode. A member that is known is not read again: the value that is known stands there. */
function tryDecodeAround(definition: string, text: string, known: KnownMember): Record<string, unknown> | undefined {
  const range = memberRange(text, known.name);
  if (range === undefined) return decodeFast(definition, text);
  const value = known.find(text.slice(range.start, range.end));
  // null is a value wherever an object is one. A second member of the name makes the numbers of members differ.
  const object = decodeFast(definition, value === undefined ? text : `${text.slice(0, range.start)}null${text.slice(range.end)}`);
  if (object === undefined) known.forget();
  else if (value !== undefined) object[known.name] = value;
  return object;
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
    if (object.metadata !== undefined) object.metadata = withoutEmpty(checkObject(OBJECT_META, object.metadata).object);
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
 * resource (keys sorted). `known`: a field whose text need not be made.
 */
export function encodeObject(definition: string | undefined, object: unknown, form: EmptyForm = "asGiven", known?: KnownField): string {
  return definition === undefined ? encodeFree(object) : encodeTyped(definition, object, form, known);
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
