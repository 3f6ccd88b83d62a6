import { duplicateWarnings, type ApplyBody, parseApplyBody } from "../../api/fieldmanager/apply-body.ts";
import type { FieldManager } from "../../api/fieldmanager/field-manager.ts";
import type { Coerce } from "../../api/codec/body.ts";
import type { FieldValidation } from "../../api/codec/json.ts";
import type { PatchMediaType } from "../../api/codec/negotiate.ts";
import { patchObject } from "../../api/patch/patch.ts";
import { badRequest } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { WriteContext } from "./registry.ts";

export const APPLY_PATCH = "application/apply-patch+yaml" satisfies PatchMediaType;

export interface Patch {
  readonly type: PatchMediaType;
  readonly bytes: Uint8Array;
}

/** What the patched document is decoded as. */
export interface PatchTarget {
  readonly definition: string | undefined;
  readonly kind: string;
  readonly apiVersion: string;
  /** What a custom resource's schema does to the result. */
  readonly coerce?: Coerce | undefined;
}

/** The object with the patch applied, decoded and normalised again; `old` stays as it is. Not for apply. @throws StatusError 400, 413, 415, 422 */
export function applyPatch(target: PatchTarget, old: ApiObject, patch: Patch, validation: FieldValidation, warnings: string[]): ApiObject {
  if (patch.type === APPLY_PATCH) throw badRequest(`${patch.type} is not a patch of this request`);
  const patched = patchObject({ ...target, object: old, type: patch.type, body: patch.bytes, validation });
  warnings.push(...patched.warnings);
  return { ...patched.object, metadata: patched.object.metadata ?? {} };
}

/** A configuration that a client applies (server-side apply, KEP-555). */
export class Configuration {
  readonly #bytes: Uint8Array;
  readonly #force: boolean;
  readonly #validation: FieldValidation;
  readonly #context: WriteContext;
  #body: ApplyBody | undefined;

  constructor(bytes: Uint8Array, options: { readonly force: boolean; readonly fieldValidation: FieldValidation }, context: WriteContext) {
    this.#bytes = bytes;
    this.#force = options.force;
    this.#validation = options.fieldValidation;
    this.#context = context;
  }

  /** The object that comes of applying it to `old` (undefined: there is none), its managers included. @throws StatusError 400, 409, 500 */
  applyTo(old: ApiObject | undefined, fieldManager: FieldManager): ApiObject {
    const { manager, now_ms, warnings } = this.#context;
    this.#body ??= parseApplyBody(this.#bytes);
    const object = fieldManager.apply(old, { config: this.#body.config, manager, force: this.#force, now: rfc3339(now_ms) });
    warnings.push(...duplicateWarnings(this.#body, this.#validation));
    return object;
  }
}
