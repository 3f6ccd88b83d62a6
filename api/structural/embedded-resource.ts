import { DecodeError } from "../codec/decode-error.ts";
import { decodeTree } from "../codec/json-decode.ts";
import { parseJsonTree } from "../codec/json-tree.ts";
import { withoutEmpty } from "../codec/json-free.ts";
import { plainText } from "../codec/raw.ts";
import { isMap, type JsonMap } from "../patch/json-value.ts";
import { type FieldError, fieldErrorText, invalid, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import { dns1035Label, nameIsPathSegment } from "../validation/names.ts";
import { validateObjectMeta } from "../validation/object-meta.ts";
import type { ObjectMeta } from "../wire.ts";
import { childOf, pathText, shownValue } from "./schema-error.ts";
import type { Structural } from "./structural.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Every object below that the schema marks as embedded resource, the value itself included; outer ones first. */
function forEachEmbedded(value: unknown, schema: Structural | undefined, path: FieldPath | undefined, visit: (object: JsonMap, path: FieldPath | undefined) => void): void {
  if (!schema?.hasResources) return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      forEachEmbedded(item, schema.items, path?.index(i), visit);
    });
  } else if (isMap(value)) {
    if (schema.isResource) visit(value, path);
    for (const key of Object.keys(value).sort()) {
      const child = schema.properties.get(key);
      if (child !== undefined) forEachEmbedded(value[key], child, childOf(path, key), visit);
      else forEachEmbedded(value[key], schema.values, path?.key(key) ?? childOf(path, key), visit);
    }
  }
}

/** Removes fields that metadata of embedded objects does not have; their paths, sorted. Malformed metadata is left for `coerceEmbedded`. */
export function pruneEmbedded(value: unknown, schema: Structural): string[] {
  const unknown: string[] = [];
  forEachEmbedded(value, schema, undefined, (object, path) => {
    if (!isMap(object.metadata)) return;
    const decoded = tryDecodeMeta(object.metadata);
    if (typeof decoded === "string") return;
    object.metadata = withoutEmpty(decoded.object as Record<string, unknown>);
    for (const field of decoded.unknown) unknown.push(`${path === undefined ? "" : `${path}.`}metadata.${field}`);
  });
  return unknown.sort();
}

/** The first embedded object whose apiVersion, kind or metadata is of a wrong type, as text; with `drop` such fields are removed instead. */
export function coerceEmbedded(value: unknown, schema: Structural, drop: boolean): string | undefined {
  let error: FieldError | undefined;
  forEachEmbedded(value, schema, undefined, (object, path) => {
    for (const field of ["apiVersion", "kind", "metadata"] as const) {
      if (!Object.hasOwn(object, field)) continue;
      const complaint = field === "metadata" ? metaComplaint(object.metadata) : typeof object[field] === "string" ? undefined : "must be a string";
      if (complaint === undefined) continue;
      if (drop) delete object[field];
      else error ??= invalid(pathText(childOf(path, field)), shownValue(object[field]), complaint);
    }
  });
  return error === undefined ? undefined : fieldErrorText(error);
}

function metaComplaint(metadata: unknown): string | undefined {
  const decoded = tryDecodeMeta(metadata);
  return typeof decoded === "string" ? decoded : undefined;
}

function tryDecodeMeta(metadata: unknown): { readonly object: ObjectMeta; readonly unknown: readonly string[] } | string {
  const text = plainText(metadata);
  try {
    const { object, strictErrors } = decodeTree(OBJECT_META, parseJsonTree(text), text);
    const unknown = strictErrors.flatMap((error) => /^unknown field "(.*)"$/s.exec(error)?.[1] ?? []);
    return { object: object as ObjectMeta, unknown };
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

/** What every embedded object must have: apiVersion, kind, and metadata that any object could have. */
export function validateEmbedded(value: unknown, schema: Structural): FieldError[] {
  const errors: FieldError[] = [];
  forEachEmbedded(value, schema, undefined, (object, path) => {
    for (const field of ["apiVersion", "kind"] as const) {
      const at = childOf(path, field);
      const own = object[field];
      if (!Object.hasOwn(object, field)) errors.push(required(at));
      else if (typeof own !== "string") errors.push(invalid(at, shownValue(own), "must be a string"));
      else if (own === "") errors.push(invalid(at, own, "must not be empty"));
      else if (field === "kind") {
        const complaints = dns1035Label(own.toLowerCase());
        if (complaints.length > 0) errors.push(invalid(at, own, `may have mixed case, but should otherwise match: ${complaints.join(",")}`));
      } else if (own.split("/").length > 2) errors.push(invalid(at, own, `unexpected GroupVersion string: ${own}`));
    }
    if (Object.hasOwn(object, "metadata")) validateMeta(object.metadata, childOf(path, "metadata"), errors);
  });
  return errors;
}

function validateMeta(metadata: unknown, path: FieldPath, errors: FieldError[]): void {
  const decoded = tryDecodeMeta(metadata);
  if (typeof decoded === "string") errors.push(invalid(path, shownValue(metadata), decoded));
  // An embedded object need not have a name yet.
  else validateObjectMeta({ ...decoded.object, name: decoded.object.name || "fakename" }, Boolean(decoded.object.namespace), nameIsPathSegment, errors, path);
}
