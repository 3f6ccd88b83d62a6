import { defaultDeviceClaim } from "../../defaults/device-claim.ts";
import { validateResourceClaimStatusUpdate } from "../../validation/resource/claim-status.ts";
import { validateResourceClaim, validateResourceClaimUpdate } from "../../validation/resource/resource-claim.ts";
import type { ResourceClaim } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { keepMetadata, restoreField } from "../strategies.ts";

export const resourceClaim = defineKind<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  namespaced: true,
  definition: "io.k8s.api.resource.v1.ResourceClaim",
  subresources: {
    status: statusSubresource<ResourceClaim>("ResourceClaim", {
      prepareForUpdate(claim, old) {
        restoreField(claim, old, "spec");
        keepMetadata(claim, old);
        dropDeallocated(claim, old);
      },
      validateUpdate: validateResourceClaimStatusUpdate,
    }),
  },
  strategy: {
    returnDeletedObject: true,
    applyDefaults(claim) {
      defaultDeviceClaim(claim.spec);
      for (const { tolerations } of claim.status?.allocation?.devices?.results ?? []) for (const toleration of tolerations ?? []) toleration.operator ||= "Equal";
    },
    prepareForCreate(claim) {
      claim.status = {};
    },
    prepareForUpdate(claim, old) {
      restoreField(claim, old, "status");
    },
    validate: validateResourceClaim,
    validateUpdate: validateResourceClaimUpdate,
  },
  columns: [nameColumn, column("State", "Whether it has its devices, and whether somebody uses them.", state), ageColumn],
});

/** What is known of devices that this write takes away goes with them. */
function dropDeallocated(claim: ResourceClaim, old: ResourceClaim): void {
  const { status } = claim;
  if (!status?.devices) return;
  const idOf = ({ driver, pool, device }: { driver: string; pool: string; device: string }) => `${driver}/${pool}/${device}`;
  const gone = new Set(old.status?.allocation?.devices?.results?.map(idOf));
  for (const result of status.allocation?.devices?.results ?? []) gone.delete(idOf(result));
  status.devices = status.devices.filter((device) => !gone.has(idOf(device)));
  if (status.devices.length === 0) delete status.devices;
}

function state(claim: ResourceClaim): string {
  const states: string[] = [];
  if (claim.metadata.deletionTimestamp) states.push("deleted");
  if (claim.status?.allocation) states.push("allocated");
  else if (states.length === 0) states.push("pending");
  if (claim.status?.allocation && claim.status.reservedFor?.length) states.push("reserved");
  return states.join(",");
}
