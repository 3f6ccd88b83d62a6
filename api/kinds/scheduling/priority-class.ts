import { forbidden } from "../../status/field-error.ts";
import { fieldPath } from "../../status/field-path.ts";
import { type Errors, immutable } from "../../validation/common.ts";
import { nameIsDnsSubdomain } from "../../validation/names.ts";
import { METADATA, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../../validation/object-meta.ts";
import { validatePreemptionPolicy } from "../../validation/pod/pod-spec.ts";
import type { PriorityClass } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { startGeneration } from "../strategies.ts";

const SYSTEM_PREFIX = "system-";
const HIGHEST_USER_PRIORITY = 1_000_000_000;
/** The classes that every cluster has. */
export const systemPriorities: Readonly<Record<string, number>> = { "system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000 };

function systemProblem(priorityClass: PriorityClass): string | undefined {
  const name = priorityClass.metadata.name ?? "";
  const value = systemPriorities[name];
  if (value === undefined) return `${name} is not a known system priority class`;
  if (priorityClass.value !== value) return `value of ${name} PriorityClass must be ${value}`;
  return priorityClass.globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validate(priorityClass: PriorityClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(priorityClass.metadata, false, nameIsDnsSubdomain, errors);
  if (priorityClass.metadata.name?.startsWith(SYSTEM_PREFIX)) {
    const problem = systemProblem(priorityClass);
    if (problem !== undefined) errors.push(forbidden(METADATA.child("name"), `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`));
  } else if ((priorityClass.value ?? 0) > HIGHEST_USER_PRIORITY) errors.push(forbidden(fieldPath("value"), `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`));
  if (priorityClass.preemptionPolicy !== undefined) validatePreemptionPolicy(priorityClass.preemptionPolicy, fieldPath("preemptionPolicy"), errors);
  return errors;
}

function validateUpdate(priorityClass: PriorityClass, old: PriorityClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(priorityClass.metadata, old.metadata, errors);
  if ((priorityClass.value ?? 0) !== (old.value ?? 0)) errors.push(forbidden(fieldPath("value"), "may not be changed in an update."));
  immutable(priorityClass.preemptionPolicy === old.preemptionPolicy, priorityClass.preemptionPolicy, fieldPath("preemptionPolicy"), errors);
  return errors;
}

export const priorityClass = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  shortNames: ["pc"],
  namespaced: false,
  definition: "io.k8s.api.scheduling.v1.PriorityClass",
  strategy: {
    applyDefaults(priorityClass) {
      priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
    },
    prepareForCreate: startGeneration,
    validate,
    validateUpdate,
  },
  columns: [
    nameColumn,
    column("Value", "Pods of a higher value go first.", (priorityClass) => priorityClass.value ?? 0, { type: "integer" }),
    column("Global-Default", "Pods without a class get this one.", (priorityClass) => priorityClass.globalDefault ?? false, { type: "boolean" }),
    ageColumn,
    column("PreemptionPolicy", "Whether such a pod may push others out.", (priorityClass) => priorityClass.preemptionPolicy ?? ""),
  ],
});
