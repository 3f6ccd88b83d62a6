import { rfc3339 } from "../../../lib/clock.ts";
import { validateResourceSlice, validateResourceSliceUpdate } from "../../validation/resource/resource-slice.ts";
import type { ResourceSlice } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";

export const resourceSlice = defineKind<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  namespaced: false,
  definition: "io.k8s.api.resource.v1.ResourceSlice",
  selectableFields: {
    "spec.nodeName": (slice) => slice.spec?.nodeName ?? "",
    "spec.driver": (slice) => slice.spec?.driver ?? "",
  },
  strategy: {
    returnDeletedObject: true,
    prepareForCreate(slice, { now_ms }) {
      startGeneration(slice);
      prepareDevices(slice, now_ms);
    },
    prepareForUpdate(slice, old, { now_ms }) {
      prepareDevices(slice, now_ms);
      nextGeneration(slice, old, "io.k8s.api.resource.v1.ResourceSliceSpec");
    },
    validate: validateResourceSlice,
    validateUpdate: validateResourceSliceUpdate,
    warnings({ spec }) {
      const driver = spec?.driver ?? "";
      return driver === driver.toLowerCase() ? [] : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
    },
  },
  columns: [
    nameColumn,
    column("Node", "The node that reaches its devices.", (slice) => slice.spec?.nodeName ?? ""),
    column("Driver", "The driver of its devices.", (slice) => slice.spec?.driver ?? ""),
    column("Pool", "The pool that it is a part of.", (slice) => slice.spec?.pool?.name ?? ""),
    ageColumn,
  ],
});

/** A taint without a time is one of now; fields whose features Kubernetes 1.36 has off by default are dropped. */
function prepareDevices(slice: ResourceSlice, now_ms: number): void {
  for (const device of slice.spec?.devices ?? []) {
    for (const taint of device.taints ?? []) taint.timeAdded ??= rfc3339(now_ms);
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) for (const list of ["ints", "bools", "strings", "versions"] as const) delete attribute[list];
  }
}
