import { defaultCsiDriver } from "../../defaults/storage.ts";
import { equalJson } from "../../validation/equality.ts";
import { validateCsiDriver, validateCsiDriverUpdate } from "../../validation/storage/csi.ts";
import type { CSIDriver } from "../../wire.ts";
import { ageColumn, column, nameColumn, UNSET } from "../columns.ts";
import { defineKind } from "../define.ts";

const boolean = { type: "boolean" } as const;

export const csiDriver = defineKind<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  namespaced: false,
  definition: "io.k8s.api.storage.v1.CSIDriver",
  strategy: {
    returnDeletedObject: true,
    applyDefaults: defaultCsiDriver,
    prepareForUpdate(driver, old) {
      const changed = (["tokenRequests", "requiresRepublish", "seLinuxMount"] as const).some((field) => !equalJson(driver.spec?.[field] ?? null, old.spec?.[field] ?? null));
      if (changed) driver.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate: validateCsiDriver,
    validateUpdate: validateCsiDriverUpdate,
    warnings: secretWarnings,
    allowUnconditionalUpdate: false,
  },
  columns: [
    nameColumn,
    column("AttachRequired", "Whether volumes are attached before they are mounted.", (driver) => driver.spec?.attachRequired ?? true, boolean),
    column("PodInfoOnMount", "Whether the driver is told of the pod.", (driver) => driver.spec?.podInfoOnMount ?? false, boolean),
    column("StorageCapacity", "Whether scheduling considers free capacity.", (driver) => driver.spec?.storageCapacity ?? false, boolean),
    column("TokenRequests", "Audiences of the tokens that the driver gets.", (driver) => driver.spec?.tokenRequests?.map((request) => request.audience).join(",") || UNSET),
    column("RequiresRepublish", "Whether volumes are published again and again.", (driver) => driver.spec?.requiresRepublish ?? false, boolean),
    column("Modes", "Kinds of volumes that the driver makes.", (driver) => driver.spec?.volumeLifecycleModes?.join(",") || UNSET),
    ageColumn,
  ],
});

/** Tokens belong among the secrets of a mount, not in its attributes, which get logged. */
function secretWarnings(driver: CSIDriver, old: CSIDriver | undefined): string[] {
  if (old !== undefined && equalJson(driver.spec?.tokenRequests ?? [], old.spec?.tokenRequests ?? [])) return [];
  const spec: { tokenRequests?: unknown[]; serviceAccountTokenInSecrets?: boolean } = driver.spec ?? {};
  if (!spec.tokenRequests?.length || spec.serviceAccountTokenInSecrets !== undefined) return [];
  return ["spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"];
}
