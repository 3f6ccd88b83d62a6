import { defaultPodTemplate } from "../../defaults/workload.ts";
import { fieldPath } from "../../status/field-path.ts";
import type { Errors } from "../../validation/common.ts";
import { nameIsDnsSubdomain } from "../../validation/names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../../validation/object-meta.ts";
import { validatePodTemplateSpec } from "../../validation/pod/pod-template.ts";
import { templateWarnings } from "../../validation/pod/warnings.ts";
import type { PodTemplate } from "../../wire.ts";
import { column, labelsText, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";
import { dropDisabled, hasNewGeneration } from "../templated.ts";

const TEMPLATE = fieldPath("template");

export const podTemplate = defineKind<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  namespaced: true,
  definition: "io.k8s.api.core.v1.PodTemplate",
  strategy: {
    applyDefaults: defaultPodTemplate,
    prepareForCreate(object) {
      startGeneration(object);
      dropDisabled(object.template);
    },
    prepareForUpdate(object, old) {
      dropDisabled(object.template);
      nextGeneration(object, old, "io.k8s.api.core.v1.PodTemplateSpec", "template");
    },
    validate(object, context) {
      const errors: Errors = [];
      validateCoreObjectMeta(object.metadata, true, nameIsDnsSubdomain, errors);
      validatePodTemplateSpec(object.template ?? {}, context.allowPrivileged ?? false, TEMPLATE, errors);
      return errors;
    },
    validateUpdate(object, old, context) {
      const errors: Errors = [];
      validateCoreObjectMetaUpdate(object.metadata, old.metadata, errors);
      validatePodTemplateSpec(object.template ?? {}, context.allowPrivileged ?? false, TEMPLATE, errors);
      return errors;
    },
    warnings: (object, old) => (hasNewGeneration(object, old) ? templateWarnings(object.template, TEMPLATE) : []),
    returnDeletedObject: true,
  },
  columns: [
    nameColumn,
    column("Containers", "Names of the containers.", (object) => (object.template?.spec?.containers ?? []).map((container) => container.name).join(",")),
    column("Images", "Images of the containers.", (object) => (object.template?.spec?.containers ?? []).map((container) => container.image).join(",")),
    column("Pod Labels", "Labels of the pods.", (object) => labelsText(object.template?.metadata?.labels)),
  ],
});
