import { defaultWebhooks } from "../../defaults/admission.ts";
import { validateWebhookConfiguration, validateWebhookConfigurationUpdate } from "../../validation/admissionregistration/webhooks.ts";
import type { ValidatingWebhookConfiguration } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { startGeneration } from "../strategies.ts";
import { nextWebhookGeneration } from "./webhook-generation.ts";
import { staticNameWarnings } from "./static-name.ts";

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingWebhookConfiguration",
  plural: "validatingwebhookconfigurations",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  strategy: {
    applyDefaults(configuration) {
      defaultWebhooks(configuration);
    },
    prepareForCreate: startGeneration,
    prepareForUpdate: nextWebhookGeneration,
    validate: validateWebhookConfiguration,
    validateUpdate: validateWebhookConfigurationUpdate,
    warnings: staticNameWarnings,
    allowUnconditionalUpdate: false,
  },
  columns: [nameColumn, column("Webhooks", "How many webhooks there are.", ({ webhooks }) => webhooks?.length ?? 0, { type: "integer" }), ageColumn],
});
