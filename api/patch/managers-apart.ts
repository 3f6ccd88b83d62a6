import type { PatchMediaType } from "../codec/negotiate.ts";
import type { ApiObject } from "../wire.ts";

/**
 * The object without its managedFields, where this patch can neither see nor change them: they are half of most
 * objects, and few patches are about them. undefined: it might, or there are none.
 */
export function managersApart(object: ApiObject, type: PatchMediaType, patch: string): ApiObject | undefined {
  if (object.metadata.managedFields === undefined || !leavesManagers(type, patch)) return undefined;
  const { managedFields: _apart, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** A patch that goes at metadata as a whole without a word of it leaves an object without a name, which its caller sees. */
function leavesManagers(type: PatchMediaType, patch: string): boolean {
  // Escapes can hide any name.
  if (patch.includes("managedFields") || patch.includes("\\")) return false;
  // A pointer to metadata or to the whole document.
  if (type === "application/json-patch+json") return !/"(?:\/metadata)?"/.test(patch);
  return type === "application/merge-patch+json" || !/\$(?:patch|retainKeys)/.test(patch);
}
