import { defaultMatchResources } from "../../defaults/admission.ts";
import { validateMutatingAdmissionPolicyBinding } from "../../validation/admissionregistration/mutating-policy.ts";
import type { MutatingAdmissionPolicyBinding } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";
import { paramRefText } from "./policy-columns.ts";
import { staticNameWarnings } from "./static-name.ts";

export const mutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  strategy: {
    applyDefaults({ spec }) {
      defaultMatchResources(spec?.matchResources);
    },
    prepareForCreate: startGeneration,
    prepareForUpdate(binding, old) {
      nextGeneration(binding, old, "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec");
    },
    validate: validateMutatingAdmissionPolicyBinding,
    validateUpdate: validateMutatingAdmissionPolicyBinding,
    warnings: staticNameWarnings,
    allowUnconditionalUpdate: false,
  },
  columns: [nameColumn, column("PolicyName", "The policy that it puts to use.", ({ spec }) => spec?.policyName ?? ""), column("ParamRef", "Its parameters.", paramRefText), ageColumn],
});
