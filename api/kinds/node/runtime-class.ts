import { roundResources } from "../../defaults/resource-list.ts";
import { nodeLabelWarning } from "../../validation/pod/warnings.ts";
import { validateRuntimeClass, validateRuntimeClassUpdate } from "../../validation/runtime-class.ts";
import type { RuntimeClass } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";

function selectorWarning(key: string): string[] {
  const text = nodeLabelWarning(key);
  return text === undefined ? [] : [`scheduling.nodeSelector: ${text}`];
}

export const runtimeClass = defineKind<RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  namespaced: false,
  definition: "io.k8s.api.node.v1.RuntimeClass",
  strategy: {
    applyDefaults: (runtimeClass) => roundResources(runtimeClass.overhead?.podFixed),
    validate: validateRuntimeClass,
    validateUpdate: validateRuntimeClassUpdate,
    warnings: (runtimeClass) => Object.keys(runtimeClass.scheduling?.nodeSelector ?? {}).flatMap((key) => selectorWarning(key)),
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  columns: [nameColumn, column("Handler", "Configuration of the container runtime.", (runtimeClass) => runtimeClass.handler ?? ""), ageColumn],
});
