import { validateServiceCidr, validateServiceCidrStatusUpdate, validateServiceCidrUpdate } from "../../validation/networking/address.ts";
import type { ServiceCIDR } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { restoreField, statusOnly } from "../strategies.ts";

export const serviceCidr = defineKind<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.ServiceCIDR",
  subresources: {
    status: statusSubresource("ServiceCIDR", { ...statusOnly<ServiceCIDR>("metadata"), validateUpdate: validateServiceCidrStatusUpdate }),
  },
  strategy: {
    prepareForCreate(range) {
      delete range.status;
    },
    prepareForUpdate(range, old) {
      restoreField(range, old, "status");
    },
    validate: validateServiceCidr,
    validateUpdate: validateServiceCidrUpdate,
  },
  columns: [nameColumn, column("CIDRs", "Networks that Services get their addresses from.", (range) => range.spec?.cidrs?.join(",") ?? ""), ageColumn],
});
