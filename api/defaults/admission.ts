import type { MatchResources, Rule } from "../validation/admissionregistration/rules.ts";
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from "../wire.ts";

const ALL_SCOPES = "*";
const HTTPS_PORT = 443;
const TIMEOUT_S = 10;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function defaultRules(rules: readonly Mutable<Rule>[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= ALL_SCOPES;
}

/** Every namespace and every object, in whatever version they are written. */
export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

/** A request fails with its policy. */
export function defaultPolicy(spec: { failurePolicy?: string; matchConstraints?: MatchResources } | undefined): void {
  if (!spec) return;
  spec.failurePolicy ??= "Fail";
  defaultMatchResources(spec.matchConstraints);
}

export function defaultWebhooks(configuration: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): void {
  for (const webhook of configuration.webhooks ?? []) {
    webhook.failurePolicy ??= "Fail";
    webhook.matchPolicy ??= "Equivalent";
    webhook.namespaceSelector ??= {};
    webhook.objectSelector ??= {};
    webhook.timeoutSeconds ??= TIMEOUT_S;
    if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= HTTPS_PORT;
    defaultRules(webhook.rules);
  }
}
