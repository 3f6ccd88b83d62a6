import { equalJson } from "../../validation/equality.ts";
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from "../../wire.ts";

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

/** One generation more when a webhook has changed. */
export function nextWebhookGeneration(configuration: Configuration, old: Configuration): void {
  if (!equalJson(configuration.webhooks ?? [], old.webhooks ?? [])) configuration.metadata.generation = (old.metadata.generation ?? 0) + 1;
}
