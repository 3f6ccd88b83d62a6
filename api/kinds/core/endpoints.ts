import { fieldPath } from "../../status/field-path.ts";
import { validateEndpoints, validateEndpointsUpdate } from "../../validation/endpoints.ts";
import { ipWarnings } from "../../validation/ip.ts";
import type { Endpoints } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

/** At most three addresses, then how many more. */
function endpointsText(endpoints: Endpoints): string {
  const texts: string[] = [];
  for (const subset of endpoints.subsets ?? []) {
    const hosts = (subset.addresses ?? []).map((address) => address.ip);
    if (!subset.ports?.length) texts.push(...hosts);
    else for (const port of subset.ports) texts.push(...hosts.map((host) => `${host.includes(":") ? `[${host}]` : host}:${port.port}`));
  }
  if (!endpoints.subsets?.length) return NONE;
  return texts.length > 3 ? `${texts.slice(0, 3).join(",")} + ${texts.length - 3} more...` : texts.join(",");
}

function warnings(endpoints: Endpoints): string[] {
  if (endpoints.metadata.labels?.["endpoints.kubernetes.io/managed-by"] === "endpoint-controller") return [];
  const found: string[] = [];
  endpoints.subsets?.forEach((subset, i) => {
    for (const list of ["addresses", "notReadyAddresses"] as const) {
      subset[list]?.forEach((address, j) => {
        found.push(...ipWarnings(address.ip ?? "", fieldPath("subsets").index(i).child(list).index(j).child("ip")));
      });
    }
  });
  return found;
}

export const endpoints = defineKind<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  shortNames: ["ep"],
  namespaced: true,
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  definition: "io.k8s.api.core.v1.Endpoints",
  strategy: {
    applyDefaults(endpoints) {
      for (const subset of endpoints.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
    },
    validate: (endpoints) => validateEndpoints(endpoints),
    validateUpdate: validateEndpointsUpdate,
    warnings,
    allowCreateOnUpdate: true,
  },
  columns: [nameColumn, column("Endpoints", "Addresses and ports that are ready.", endpointsText), ageColumn],
});
