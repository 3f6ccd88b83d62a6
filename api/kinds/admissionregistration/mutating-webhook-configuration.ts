import { defaultWebhooks } from "../../defaults/admission.ts";
import { validateWebhookConfiguration, validateWebhookConfigurationUpdate } from "../../validation/admissionregistration/webhooks.ts";
import type { MutatingWebhookConfiguration } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { startGeneration } from "../strategies.ts";
import { nextWebhookGeneration } from "./webhook-generation.ts";
import { staticNameWarnings } from "./static-name.ts";

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingWebhookConfiguration",
  plural: "mutatingwebhookconfigurations",
  categories: ["api-extensions"],
  namespaced: false,
  definition: "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  strategy: {
    applyDefaults(configuration) {
      defaultWebhooks(configuration);
      for (const webhook of configuration.webhooks ?? []) webhook.reinvocationPolicy ??= "Never";
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
