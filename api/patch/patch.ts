import { DecodeError } from "../codec/decode-error.ts";
import { type Coerce, unknownFields } from "../codec/body.ts";
import { parseExactJson } from "../codec/exact-json.ts";
import { type Decoded, decodeJson, encodeObject, type FieldValidation, tryDecode } from "../codec/json.ts";
import { escapeHtml, sortedKeys } from "../codec/json-text.ts";
import type { PatchMediaType } from "../codec/negotiate.ts";
import { plainText } from "../codec/raw.ts";
import { definitionOfKind } from "../schema/schema.ts";
import { badRequest, invalid, StatusError } from "../status/errors.ts";
import { invalid as invalidValue } from "../status/field-error.ts";
import { goQuote } from "../status/go-text.ts";
import type { ApiObject } from "../wire.ts";
import { conversionError } from "./conversion.ts";
import { goValueText } from "./go-value.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { isMap, type JsonMap } from "./json-value.ts";
import { managersApart } from "./managers-apart.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { parseJsonPatch, parseMapPatch } from "./patch-body.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";

export interface PatchRequest {
  /** undefined: a custom resource. */
  readonly definition: string | undefined;
  readonly kind: string;
  readonly apiVersion: string;
  /** The object as it is; it is not changed. */
  readonly object: ApiObject;
  readonly type: Exclude<PatchMediaType, "application/apply-patch+yaml">;
  readonly body: Uint8Array;
  readonly validation: FieldValidation;
  /** What a custom resource's schema does to the result. */
  readonly coerce?: Coerce | undefined;
}

/**
 * The object with the patch applied: decoded and normalised as if it had come as a body. Server-side apply is not here.
 * @throws StatusError 400, 413, 422 (and 500 where kube-apiserver has no better word), worded as it does
 */
export function patchObject(request: PatchRequest): Decoded<ApiObject> {
  const text = Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString("utf8");
  const { object, warnings } = quickly(request, text) ?? decodePatched(request, text);
  // A patch may say what it likes about these two, the path decides; custom resources that name others are refused when they are validated.
  const isCustom = request.definition === undefined;
  if (!isCustom || !object.kind) object.kind = request.kind;
  if (!isCustom || !object.apiVersion) object.apiVersion = request.apiVersion;
  return { object, warnings };
}

/** Without managedFields on the way; undefined where that is not certain to come out alike: refusals print the whole object. */
function quickly(request: PatchRequest, text: string): Decoded<ApiObject> | undefined {
  const apart = managersApart(request.object, request.type, text);
  if (apart === undefined) return undefined;
  const { managedFields } = request.object.metadata;
  try {
    const decoded = decodePatched({ ...request, object: apart }, text);
    // One that has lost its name has lost its metadata, and was refused or will be.
    if (!decoded.object.metadata?.name || managedFields === undefined) return undefined;
    decoded.object.metadata.managedFields = managedFields;
    return decoded;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

function decodePatched(request: PatchRequest, text: string): Decoded<ApiObject> {
  switch (request.type) {
    case "application/json-patch+json":
      return jsonPatched(request, text);
    case "application/merge-patch+json":
      return mergePatched(request, text);
    case "application/strategic-merge-patch+json":
      return strategicPatched(request, text);
  }
}

/** The object as its JSON would be read: what Kubernetes applies patches to. */
function documentOf(request: PatchRequest): JsonMap {
  return parseExactJson(encodeObject(request.definition, request.object)) as JsonMap;
}

function jsonPatched(request: PatchRequest, text: string): Decoded<ApiObject> {
  const { patch, strictErrors } = parseJsonPatch(text);
  const touched = new WeakSet<object>();
  return decodeDocument(request, applyJsonPatch(documentOf(request), patch, touched), touched, strictErrors);
}

function mergePatched(request: PatchRequest, text: string): Decoded<ApiObject> {
  const { patch, strictErrors } = parseMapPatch(text, "error decoding patch: ");
  if (patch === null) throw badRequest("Invalid JSON Patch");
  const touched = new WeakSet<object>();
  return decodeDocument(request, applyMergePatch(documentOf(request), patch, touched), touched, strictErrors);
}

/** `patchErrors`: what strict validation says of the patch itself. */
function decodeDocument(request: PatchRequest, document: unknown, touched: WeakSet<object>, patchErrors: readonly string[]): Decoded<ApiObject> {
  const named = isMap(document) ? { kind: document.kind, apiVersion: document.apiVersion } : {};
  if (patchErrors.length === 0 && (named.kind ?? request.kind) === request.kind && named.apiVersion === request.apiVersion) {
    const quick = tryDecode(request.definition, plainText(document)) as unknown as ApiObject | undefined;
    if (quick !== undefined && request.coerce === undefined) return { object: quick, warnings: [] };
  }
  const text = documentText(document, touched);
  try {
    return withPatchErrors(decodeNamed(request, named, document, text), patchErrors, request.validation);
  } catch (error) {
    if (error instanceof DecodeError) throw notDecodable(text, error.message);
    throw error;
  }
}

/** Unknown fields under Strict are found last, so that everything else is complained of before. */
function withPatchErrors(decoded: Decoded<ApiObject>, patchErrors: readonly string[], validation: FieldValidation): Decoded<ApiObject> {
  const errors = [...patchErrors, ...decoded.warnings];
  if (validation === "Strict" && errors.length > 0) throw new DecodeError(`strict decoding error: ${errors.join(", ")}`);
  return { object: decoded.object, warnings: validation === "Warn" ? errors : [] };
}

function decodeNamed(request: PatchRequest, named: { kind?: unknown; apiVersion?: unknown }, document: unknown, text: string): Decoded<ApiObject> {
  if (request.definition === undefined) {
    const { object, warnings } = decodeJson(undefined, text, "Warn");
    return { object, warnings: [...warnings, ...unknownFields(request.coerce?.(object) ?? [])] };
  }
  // Without a version the document is taken for the internal type, whose fields have no JSON names.
  if ((named.apiVersion ?? "") === "" && isMap(document)) {
    const unknown = Object.keys(document).filter((key) => key !== "kind" && key !== "apiVersion");
    return { object: { kind: request.kind, apiVersion: request.apiVersion, metadata: {} }, warnings: unknown.sort().map((key) => `unknown field ${goQuote(key)}`) };
  }
  const kind = typeof named.kind === "string" ? named.kind : request.kind;
  const apiVersion = typeof named.apiVersion === "string" ? named.apiVersion : request.apiVersion;
  if (kind === request.kind && apiVersion === request.apiVersion) return decodeJson(request.definition, text, "Warn");
  return decodeOther(kind, apiVersion, text);
}

/** A document that the patch turned into another kind. */
function decodeOther(kind: string, apiVersion: string, text: string): never {
  const slash = apiVersion.indexOf("/");
  const definition = definitionOfKind(slash < 0 ? "" : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind);
  if (definition === undefined) throw new DecodeError(`no kind ${goQuote(kind)} is registered for version ${goQuote(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`);
  decodeJson(definition.name, text, "Ignore");
  throw new DecodeError(`converting (${apiVersion.slice(slash + 1)}.${kind}): unknown conversion`);
}

function strategicPatched(request: PatchRequest, text: string): Decoded<ApiObject> {
  const { definition } = request;
  if (definition === undefined) throw badRequest("custom resources have no strategic merge patch");
  const { patch, strictErrors } = parseMapPatch(text, "");
  const document = applyStrategicMergePatch(definition, documentOf(request), patch ?? {});
  const json = plainText(document);
  const quick = strictErrors.length === 0 ? tryDecode(definition, json) : undefined;
  if (quick !== undefined) return { object: quick as unknown as ApiObject, warnings: [] };
  const fault = conversionError(definition, document);
  if (fault !== undefined) throw notDecodable(goValueText(patch), fault);
  try {
    const decoded = decodeJson(definition, json, "Warn");
    return withPatchErrors({ object: decoded.object, warnings: [...decoded.warnings].sort() }, strictErrors, request.validation);
  } catch (error) {
    if (error instanceof DecodeError) throw notDecodable(goValueText(patch), error.message);
    throw error;
  }
}

function notDecodable(patched: string, detail: string): StatusError {
  return invalid({ group: "", kind: "" }, "", [invalidValue("patch", patched, detail)]);
}

/** The patched document as Kubernetes shows it: what the patch went through is sorted by key, the rest as it was. */
function documentText(value: unknown, touched: WeakSet<object>): string {
  if (Array.isArray(value)) return `[${value.map((item) => documentText(item, touched)).join(",")}]`;
  if (!isMap(value)) return escapeHtml(plainText(value ?? null));
  const keys = touched.has(value) ? sortedKeys(value) : Object.keys(value);
  return `{${keys.map((key) => `${escapeHtml(JSON.stringify(key))}:${documentText(value[key], touched)}`).join(",")}}`;
}
