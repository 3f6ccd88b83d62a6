import type { OwnerReference } from "../../api/wire.ts";

/** What a look at an owner showed. */
export type OwnerState = "solid" | "absent" | "waiting";

export type CollectPlan =
  | { readonly type: "keep" }
  /** Owners remain: the others' references go. */
  | { readonly type: "unlink"; readonly owners: readonly OwnerReference[] }
  /** Its last owners wait for it to go. `unblock`: it has dependents of its own, and a circle must not block itself. */
  | { readonly type: "foreground"; readonly unblock: boolean }
  /** Nobody owns it any more. */
  | { readonly type: "delete" };

/**
 * What becomes of an object whose owners are solid (there), absent (gone, verified), or waiting (being deleted in the foreground). Pure; after
 * Kubernetes' garbage collector.
 */
export function planCollection(owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[], dependents: { readonly count: number; readonly foreground: boolean }): CollectPlan {
  if (owners.length === 0) return { type: "keep" };
  const solid = owners.filter(({ state }) => state === "solid").map(({ reference }) => reference);
  if (solid.length > 0) return solid.length === owners.length ? { type: "keep" } : { type: "unlink", owners: solid };
  if (owners.some(({ state }) => state === "waiting") && dependents.count > 0) return { type: "foreground", unblock: dependents.foreground };
  return { type: "delete" };
}
