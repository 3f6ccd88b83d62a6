import { defaultDeviceClaim } from "../../defaults/device-claim.ts";
import { validateResourceClaimTemplate, validateResourceClaimTemplateUpdate } from "../../validation/resource/resource-claim.ts";
import type { ResourceClaimTemplate } from "../../wire.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  namespaced: true,
  definition: "io.k8s.api.resource.v1.ResourceClaimTemplate",
  strategy: {
    returnDeletedObject: true,
    applyDefaults(template) {
      defaultDeviceClaim(template.spec?.spec);
    },
    validate: validateResourceClaimTemplate,
    validateUpdate: validateResourceClaimTemplateUpdate,
  },
  columns: [nameColumn, ageColumn],
});
