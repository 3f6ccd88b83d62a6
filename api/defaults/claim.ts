import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "../wire.ts";
import { roundResources } from "./resource-list.ts";

/** Defaults of a claim's spec, its own or a template's. */
export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
  roundResources(spec.resources?.limits);
  roundResources(spec.resources?.requests);
}

/** Where a field of the old kind names the source, the newer field names it too, and the other way round. */
export function defaultClaim(claim: Omit<PersistentVolumeClaim, "apiVersion" | "kind" | "metadata">): void {
  defaultClaimSpec((claim.spec ??= {}));
  const status = (claim.status ??= {});
  status.phase ||= "Pending";
  roundResources(status.capacity);
  roundResources(status.allocatedResources);
}
