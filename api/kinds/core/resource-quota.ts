import { defaultResourceQuota } from "../../defaults/policies.ts";
import { compareQuantities } from "../../quantity.ts";
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
    warnings: (quota, old) => (old ? [] : requestWarnings(quota.spec?.hard ?? {})),
    returnDeletedObject: true,
  },
  columns: [
    nameColumn,
    column("Request", "Used and allowed of what is requested or counted.", (quota) => amounts(quota, false)),
    column("Limit", "Used and allowed of limits.", (quota) => amounts(quota, true)),
    ageColumn,
  ],
});

/** Requests that limits leave no room for. */
function requestWarnings(hard: Readonly<Record<string, string>>): string[] {
  return ["cpu", "memory", "storage", "ephemeral-storage"].flatMap((name) => {
    const isBare = hard[`requests.${name}`] === undefined && (name === "cpu" || name === "memory");
    const request = isBare ? name : `requests.${name}`;
    const limit = `limits.${name}`;
    const [requested, limited] = [hard[request], hard[limit]];
    if (requested === undefined || limited === undefined || compareQuantities(requested, limited) <= 0) return [];
    return [`ResourceQuota ${request} (${requested}) should be less than ${limit} (${limited})`];
  });
}

function amounts(quota: ResourceQuota, limits: boolean): string {
  const hard = quota.status?.hard ?? {};
  const names = Object.keys(hard).sort().filter((name) => name.startsWith("limits.") === limits);
  return names.map((name) => `${name}: ${quota.status?.used?.[name] ?? "0"}/${hard[name]}`).join(", ");
}
