import type { FieldValidation } from "../../api/codec/json.ts";
import type { PatchMediaType } from "../../api/codec/negotiate.ts";
import { patchObject } from "../../api/patch/patch.ts";
import { badRequest } from "../../api/status/errors.ts";
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
  if (patch.type === "application/apply-patch+yaml") throw badRequest(`${patch.type} is not a patch of this request`);
  const patched = patchObject({ ...target, object: old, type: patch.type, body: patch.bytes, validation });
  warnings.push(...patched.warnings);
  return { ...patched.object, metadata: patched.object.metadata ?? {} };
}
