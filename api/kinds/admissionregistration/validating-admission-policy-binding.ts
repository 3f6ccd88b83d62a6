import { defaultMatchResources } from "../../defaults/admission.ts";
import { validateValidatingAdmissionPolicyBinding } from "../../validation/admissionregistration/validating-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";
import { paramRefText } from "./policy-columns.ts";
import { staticNameWarnings } from "./static-name.ts";

export const validatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  strategy: {
    applyDefaults({ spec }) {
      defaultMatchResources(spec?.matchResources);
    },
    prepareForCreate: startGeneration,
    prepareForUpdate(binding, old) {
      nextGeneration(binding, old, "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec");
    },
    validate: validateValidatingAdmissionPolicyBinding,
    validateUpdate: validateValidatingAdmissionPolicyBinding,
    warnings: staticNameWarnings,
    allowUnconditionalUpdate: false,
  },
  columns: [nameColumn, column("PolicyName", "The policy that it puts to use.", ({ spec }) => spec?.policyName ?? ""), column("ParamRef", "Its parameters.", paramRefText), ageColumn],
});
