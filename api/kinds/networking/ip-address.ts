import { validateIpAddress, validateIpAddressUpdate } from "../../validation/networking/address.ts";
import type { IPAddress } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

export const ipAddress = defineKind<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  shortNames: ["ip"],
  namespaced: false,
  definition: "io.k8s.api.networking.v1.IPAddress",
  strategy: { validate: validateIpAddress, validateUpdate: validateIpAddressUpdate },
  columns: [nameColumn, column("ParentRef", "Who has the address.", parentText), { ...ageColumn, undefinedColumn: true }],
});

/** `services/namespace/name`. */
function parentText(address: IPAddress): string {
  const parent = address.spec?.parentRef;
  if (!parent) return NONE;
  const resource = parent.group ? `${parent.resource}.${parent.group}` : parent.resource;
  return [resource.toLowerCase(), ...(parent.namespace ? [parent.namespace] : []), parent.name].join("/");
}
