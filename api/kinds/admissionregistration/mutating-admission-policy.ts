import { defaultPolicy } from "../../defaults/admission.ts";
import { validateMutatingAdmissionPolicy, validateMutatingAdmissionPolicyUpdate } from "../../validation/admissionregistration/mutating-policy.ts";
import type { MutatingAdmissionPolicy } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";
import { paramKindText } from "./policy-columns.ts";
import { staticNameWarnings } from "./static-name.ts";

const SPEC = "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec";

export const mutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  strategy: {
    applyDefaults({ spec }) {
      defaultPolicy(spec);
    },
    prepareForCreate: startGeneration,
    prepareForUpdate(policy, old) {
      nextGeneration(policy, old, SPEC);
    },
    validate: validateMutatingAdmissionPolicy,
    validateUpdate: validateMutatingAdmissionPolicyUpdate,
    warnings: staticNameWarnings,
    allowUnconditionalUpdate: false,
  },
  columns: [
    nameColumn,
    column("Mutations", "How many mutations there are.", ({ spec }) => spec?.mutations?.length ?? 0, { type: "integer" }),
    column("ParamKind", "The kind of its parameters.", ({ spec }) => paramKindText(spec?.paramKind)),
    ageColumn,
  ],
});
