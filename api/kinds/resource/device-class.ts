import { validateDeviceClass, validateDeviceClassUpdate } from "../../validation/resource/device-class.ts";
import type { DeviceClass } from "../../wire.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";

export const deviceClass = defineKind<DeviceClass>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  namespaced: false,
  definition: "io.k8s.api.resource.v1.DeviceClass",
  strategy: {
    returnDeletedObject: true,
    prepareForCreate: startGeneration,
    prepareForUpdate(deviceClass, old) {
      nextGeneration(deviceClass, old, "io.k8s.api.resource.v1.DeviceClassSpec");
    },
    validate: validateDeviceClass,
    validateUpdate: validateDeviceClassUpdate,
  },
  columns: [nameColumn, ageColumn],
});
