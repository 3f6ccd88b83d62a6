import { normalizeObject, type FieldValidation } from "../../api/codec/json.ts";
import type { PatchMediaType } from "../../api/codec/negotiate.ts";
import { applyJsonPatch, type JsonPatchOperation } from "../../api/patch/json-patch.ts";
import { applyMergePatch } from "../../api/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "../../api/patch/strategic-merge.ts";
import { badRequest, invalid, StatusError } from "../../api/status/errors.ts";
import { invalid as invalidValue } from "../../api/status/field-error.ts";
import type { ApiObject } from "../../api/wire.ts";

export interface Patch {
  readonly type: PatchMediaType;
  readonly bytes: Uint8Array;
}

/** What the patched document is decoded as. */
export interface PatchTarget {
  readonly definition: string | undefined;
  readonly kind: string;
  readonly apiVersion: string;
}

/** The object with the patch applied, decoded and normalised again; `old` stays as it is. @throws StatusError 400, 413, 415, 422 */
export function applyPatch(target: PatchTarget, old: ApiObject, patch: Patch, validation: FieldValidation, warnings: string[]): ApiObject {
  const document = patchedDocument(target, old, patch);
  try {
    const { object, warnings: found } = normalizeObject(target.definition, document, validation);
    warnings.push(...found);
    return { ...object, kind: target.kind, apiVersion: target.apiVersion, metadata: object.metadata ?? {} };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const prefix = /^.* cannot be handled as a [^:]*: /;
    const detail = error.message.replace(prefix, "");
    throw invalid({ group: "", kind: "" }, "", [invalidValue("patch", JSON.stringify(document), detail)]);
  }
}

function patchedDocument(target: PatchTarget, old: ApiObject, patch: Patch): unknown {
  const value = parsePatch(patch);
  switch (patch.type) {
    case "application/json-patch+json":
      return applyJsonPatch(old, value as JsonPatchOperation[]);
    case "application/merge-patch+json":
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw badRequest(`error decoding patch: json: cannot unmarshal ${goType(value)} into Go value of type map[string]interface {}`);
      return applyMergePatch(old, value);
    case "application/strategic-merge-patch+json":
      if (value === null) return old;
      if (typeof value !== "object" || Array.isArray(value)) throw badRequest(`error decoding patch: json: cannot unmarshal ${goType(value)} into Go value of type map[string]interface {}`);
      return applyStrategicMergePatch(target.definition ?? "", old as unknown as Record<string, unknown>, value as Record<string, unknown>);
    default:
      throw badRequest(`${patch.type} is not a patch of this request`);
  }
}

function parsePatch(patch: Patch): unknown {
  const text = Buffer.from(patch.bytes.buffer, patch.bytes.byteOffset, patch.bytes.byteLength).toString("utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding patch: ${text.trim() === "" ? "unexpected end of JSON input" : (error as Error).message}`);
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value === "boolean" ? "bool" : typeof value;
}
