import { defaultEndpointSlice } from "../../defaults/policies.ts";
import { fieldPath } from "../../status/field-path.ts";
import { validateEndpointSlice, validateEndpointSliceUpdate } from "../../validation/endpoint-slice.ts";
import { equalJson } from "../../validation/equality.ts";
import { ipWarnings } from "../../validation/ip.ts";
import type { EndpointSlice } from "../../wire.ts";
import { ageColumn, column, firstThree, nameColumn, UNSET } from "../columns.ts";
import { defineKind } from "../define.ts";
import { startGeneration } from "../strategies.ts";

export const endpointSlice = defineKind<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  namespaced: true,
  definition: "io.k8s.api.discovery.v1.EndpointSlice",
  strategy: {
    applyDefaults: defaultEndpointSlice,
    prepareForCreate(slice) {
      startGeneration(slice);
      dropTopology(slice);
    },
    prepareForUpdate(slice, old) {
      dropTopology(slice);
      const same = (["addressType", "endpoints", "ports"] as const).every((field) => equalJson(slice[field] ?? null, old[field] ?? null));
      if (!same || !equalJson(slice.metadata.labels ?? {}, old.metadata.labels ?? {})) slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    validate: (slice) => validateEndpointSlice(slice),
    validateUpdate: validateEndpointSliceUpdate,
    warnings: sliceWarnings,
  },
  columns: [
    nameColumn,
    column("AddressType", "Kind of its addresses.", (slice) => slice.addressType ?? ""),
    column("Ports", "Ports of its endpoints.", (slice) => firstThree((slice.ports ?? []).map((port) => String(port.port ?? port.name ?? "*"))) || UNSET),
    column("Endpoints", "Addresses.", (slice) => firstThree((slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? [])) || UNSET),
    ageColumn,
  ],
});

/** A field of the version before this one. */
function dropTopology(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology;
}

/** Controllers that write addresses in the usual way only. */
const writers: readonly (string | undefined)[] = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

function sliceWarnings(slice: EndpointSlice, old: EndpointSlice | undefined): string[] {
  const deprecated = old === undefined && slice.addressType === "FQDN" ? [`${fieldPath("spec", "addressType")}: FQDN endpoints are deprecated`] : [];
  return [...deprecated, ...addressWarnings(slice)];
}

function addressWarnings(slice: EndpointSlice): string[] {
  if (writers.includes(slice.metadata.labels?.["endpointslice.kubernetes.io/managed-by"])) return [];
  return (slice.endpoints ?? []).flatMap((endpoint, i) => (endpoint.addresses ?? []).flatMap((address, j) => ipWarnings(address, fieldPath("endpoints").index(i).child("addresses").index(j))));
}
