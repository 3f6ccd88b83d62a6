import { defaultResourceQuota } from "../../defaults/policies.ts";
import { validateResourceQuota, validateResourceQuotaStatusUpdate, validateResourceQuotaUpdate } from "../../validation/resource-quota.ts";
import type { ResourceQuota } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { restoreField, statusOnly } from "../strategies.ts";

export const resourceQuota = defineKind<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  shortNames: ["quota"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.ResourceQuota",
  subresources: {
    status: statusSubresource("ResourceQuota", { ...statusOnly<ResourceQuota>(), validateUpdate: validateResourceQuotaStatusUpdate }),
  },
  strategy: {
    applyDefaults: defaultResourceQuota,
    prepareForCreate(quota) {
      delete quota.status;
    },
    prepareForUpdate(quota, old) {
      restoreField(quota, old, "status");
    },
    validate: validateResourceQuota,
    validateUpdate: validateResourceQuotaUpdate,
    returnDeletedObject: true,
  },
  columns: [
    nameColumn,
    column("Request", "Used and allowed of what is requested or counted.", (quota) => amounts(quota, false)),
    column("Limit", "Used and allowed of limits.", (quota) => amounts(quota, true)),
    ageColumn,
  ],
});

function amounts(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {};
  const names = Object.keys(hard).sort().filter((name) => name.startsWith("limits.") === limits);
  return names.map((name) => `${name}: ${quota.status?.used?.[name] ?? "0"}/${hard[name]}`).join(", ");
}
