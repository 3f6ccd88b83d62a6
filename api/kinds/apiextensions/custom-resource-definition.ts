import { defaultCustomResourceDefinition } from "../../defaults/custom-resource-definition.ts";
import { validateCustomResourceDefinition, validateCustomResourceDefinitionStatusUpdate, validateCustomResourceDefinitionUpdate } from "../../validation/apiextensions/definition.ts";
import { versionsOf } from "../../validation/apiextensions/internal-spec.ts";
import { unknownFormatsOf } from "../../validation/apiextensions/schema.ts";
import type { CustomResourceDefinition } from "../../wire.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { nextGeneration, restoreField, startGeneration } from "../strategies.ts";

/** Deletion waits until all objects of the kind are gone. */
export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

const DEFINITION = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  namespaced: false,
  definition: `${DEFINITION}CustomResourceDefinition`,
  subresources: {
    status: statusSubresource("CustomResourceDefinition", {
      // Metadata is not kept: the last finalizer goes with a write to /status.
      prepareForUpdate: (definition, old) => restoreField(definition, old, "spec"),
      validateUpdate: validateCustomResourceDefinitionStatusUpdate,
    }),
  },
  strategy: {
    applyDefaults: defaultCustomResourceDefinition,
    prepareForCreate(definition) {
      startGeneration(definition);
      definition.status = { acceptedNames: { plural: "", kind: "" } } as NonNullable<CustomResourceDefinition["status"]>;
      recordStorageVersion(definition);
    },
    prepareForUpdate(definition, old) {
      restoreField(definition, old, "status");
      nextGeneration(definition, old, `${DEFINITION}CustomResourceDefinitionSpec`);
      recordStorageVersion(definition);
    },
    validate: validateCustomResourceDefinition,
    validateUpdate: validateCustomResourceDefinitionUpdate,
    warnings: formatWarnings,
    allowUnconditionalUpdate: false,
    returnDeletedObject: true,
    markForDeletion(definition, now) {
      const meta = definition.metadata;
      if (!meta.finalizers?.includes(CLEANUP_FINALIZER)) meta.finalizers = [...(meta.finalizers ?? []), CLEANUP_FINALIZER];
      setCondition(definition, { type: "Terminating", status: "True", reason: "InstanceDeletionPending", message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon" }, now);
    },
  },
});

export interface DefinitionCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** Sets a condition; its time moves only with its status. `now`: RFC 3339. */
export function setCondition(definition: CustomResourceDefinition, condition: DefinitionCondition, now: string): void {
  const status = (definition.status ??= { acceptedNames: { plural: "", kind: "" } } as NonNullable<CustomResourceDefinition["status"]>);
  const conditions = [...(status.conditions ?? [])];
  const at = conditions.findIndex((one) => one.type === condition.type);
  const before = conditions[at];
  const lastTransitionTime = before?.status === condition.status && before.lastTransitionTime ? before.lastTransitionTime : now;
  const next = { type: condition.type, status: condition.status, lastTransitionTime, reason: condition.reason, message: condition.message };
  if (before === undefined) conditions.push(next);
  else conditions[at] = { ...before, ...next };
  status.conditions = conditions;
}

/** Objects may be stored in that version from now on. */
function recordStorageVersion(definition: CustomResourceDefinition): void {
  const storage = definition.spec?.versions?.find((version) => version.storage)?.name;
  const { status } = definition;
  if (!status || storage === undefined || status.storedVersions?.includes(storage)) return;
  definition.status = { ...status, storedVersions: [...(status.storedVersions ?? []), storage] };
}

function formatWarnings(definition: CustomResourceDefinition, old: CustomResourceDefinition | undefined): string[] {
  const formats = (one: CustomResourceDefinition) => versionsOf(one).flatMap((version) => unknownFormatsOf(version.schema?.openAPIV3Schema));
  const known = new Set(old === undefined ? [] : formats(old));
  return [...new Set(formats(definition))].filter((format) => !known.has(format)).map((format) => `unrecognized format ${JSON.stringify(format)}`);
}
