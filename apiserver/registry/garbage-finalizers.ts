import type { ApiObject } from "../../api/wire.ts";
import type { DeleteOptions } from "./delete-options.ts";

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/** Sets or takes away the finalizers by which the garbage collector learns what becomes of dependents. True when something changed. */
export function withGarbageFinalizers(object: ApiObject, options: DeleteOptions, orphansByDefault = false): boolean {
  const before = object.metadata.finalizers ?? [];
  const saysNothing = saysNothingOfDependents(options) && !before.includes(ORPHAN) && !before.includes(FOREGROUND);
  const orphan = (saysNothing && orphansByDefault) || wants(options, before, "Orphan", ORPHAN, options.orphanDependents);
  const foreground = wants(options, before, "Foreground", FOREGROUND, options.orphanDependents === undefined ? undefined : false);
  const after = before.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  if (orphan) after.push(ORPHAN);
  if (foreground) after.push(FOREGROUND);
  if (after.length === before.length && after.every((finalizer) => before.includes(finalizer))) return false;
  if (after.length > 0) object.metadata.finalizers = after;
  else delete object.metadata.finalizers;
  return true;
}

/** What becomes of dependents is the object's or its kind's to say. */
export function saysNothingOfDependents({ orphanDependents, propagationPolicy }: DeleteOptions): boolean {
  return orphanDependents === undefined && propagationPolicy === undefined;
}

/** The request's own word first, then what the object already carries. */
function wants(options: DeleteOptions, finalizers: readonly string[], policy: string, finalizer: string, legacy: boolean | undefined): boolean {
  if (legacy !== undefined) return legacy;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === policy;
  return finalizers.includes(finalizer);
}
