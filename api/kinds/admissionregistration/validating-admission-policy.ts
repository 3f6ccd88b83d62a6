import { defaultPolicy } from "../../defaults/admission.ts";
import { validateValidatingAdmissionPolicy, validateValidatingAdmissionPolicyStatusUpdate, validateValidatingAdmissionPolicyUpdate } from "../../validation/admissionregistration/validating-policy.ts";
import type { ValidatingAdmissionPolicy } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind, statusSubresource } from "../define.ts";
import { specAndStatus, statusOnly } from "../strategies.ts";
import { paramKindText } from "./policy-columns.ts";
import { staticNameWarnings } from "./static-name.ts";

const SPEC = "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec";

export const validatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  subresources: {
    status: statusSubresource("ValidatingAdmissionPolicy", { ...statusOnly<ValidatingAdmissionPolicy>("metadata"), validateUpdate: validateValidatingAdmissionPolicyStatusUpdate }),
  },
  strategy: {
    applyDefaults({ spec }) {
      defaultPolicy(spec);
    },
    ...specAndStatus<ValidatingAdmissionPolicy>(SPEC),
    validate: validateValidatingAdmissionPolicy,
    validateUpdate: validateValidatingAdmissionPolicyUpdate,
    warnings: staticNameWarnings,
    allowUnconditionalUpdate: false,
  },
  columns: [
    nameColumn,
    column("Validations", "How many validations there are.", ({ spec }) => spec?.validations?.length ?? 0, { type: "integer" }),
    column("ParamKind", "The kind of its parameters.", ({ spec }) => paramKindText(spec?.paramKind)),
    ageColumn,
  ],
});
