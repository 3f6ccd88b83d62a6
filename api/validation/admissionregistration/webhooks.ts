import { duplicate, invalid, notSupported, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from "../../wire.ts";
import { type Errors, optionalEnum } from "../common.ts";
import { equalJson } from "../equality.ts";
import { validateLabelSelector } from "../labels.ts";
import { dns1123Subdomain, nameIsDnsSubdomain } from "../names.ts";
import { validateObjectMeta } from "../object-meta.ts";
import { hasKnownReviewVersion, validateReviewVersions, validateWebhookClient } from "../webhook-client.ts";
import { expressionsOf } from "./expressions.ts";
import { validateMatchConditions } from "./match-conditions.ts";
import { matchPolicies, validateRule } from "./rules.ts";

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;
type MutatingWebhook = NonNullable<MutatingWebhookConfiguration["webhooks"]>[number];
type Webhook = NonNullable<ValidatingWebhookConfiguration["webhooks"]>[number] & Pick<MutatingWebhook, "reinvocationPolicy">;

const WEBHOOKS = fieldPath("webhooks");
const MAX_TIMEOUT_S = 30;
export const failurePolicies = ["Fail", "Ignore"];
const sideEffects = ["None", "NoneOnDryRun", "Some", "Unknown"];
const noSideEffects = ["None", "NoneOnDryRun"];
const reinvocationPolicies = ["IfNeeded", "Never"];

/** Rules that an object need not keep which broke them already when it was stored. */
interface Leniency {
  readonly anySideEffects: boolean;
  readonly anyReviewVersions: boolean;
  readonly sameNames: boolean;
  readonly anySelectorValues: boolean;
  readonly sameConditions: boolean;
}

const strict: Leniency = { anySideEffects: false, anyReviewVersions: false, sameNames: false, anySelectorValues: false, sameConditions: false };

export function validateWebhookConfiguration(configuration: Configuration): Errors {
  return validate(configuration, strict);
}

export function validateWebhookConfigurationUpdate(configuration: Configuration, old: Configuration): Errors {
  const now: readonly Webhook[] = configuration.webhooks ?? [];
  const before: readonly Webhook[] = old.webhooks ?? [];
  const names = before.map(({ name }) => name);
  return validate(configuration, {
    anySideEffects: before.some((webhook) => !noSideEffects.includes(webhook.sideEffects ?? "")),
    anyReviewVersions: before.some(({ admissionReviewVersions: versions = [] }) => versions.length > 0 && !hasKnownReviewVersion(versions)),
    sameNames: new Set(names).size < names.length,
    anySelectorValues: before.some(hasBadSelector),
    sameConditions: now.length === before.length && now.every((webhook, i) => equalJson(webhook.matchConditions ?? [], before[i]?.matchConditions ?? [])),
  });
}

function hasBadSelector({ namespaceSelector, objectSelector }: Webhook): boolean {
  const errors: Errors = [];
  validateLabelSelector(namespaceSelector, WEBHOOKS, errors);
  validateLabelSelector(objectSelector, WEBHOOKS, errors);
  return errors.length > 0;
}

function validate(configuration: Configuration, leniency: Leniency): Errors {
  const errors: Errors = [];
  validateObjectMeta(configuration.metadata, false, nameIsDnsSubdomain, errors);
  const names = new Set<string>();
  configuration.webhooks?.forEach((webhook: Webhook, i) => {
    const path = WEBHOOKS.index(i);
    validateWebhook(webhook, leniency, path, errors);
    validateReviewVersions(webhook.admissionReviewVersions, "must specify one of v1, v1beta1", !leniency.anyReviewVersions, path.child("admissionReviewVersions"), errors);
    if (!leniency.sameNames && webhook.name) {
      if (names.has(webhook.name)) errors.push(duplicate(path.child("name"), webhook.name));
      names.add(webhook.name);
    }
  });
  return errors;
}

function validateWebhook(webhook: Webhook, leniency: Leniency, path: FieldPath, errors: Errors): void {
  validateName(webhook.name ?? "", path.child("name"), errors);
  webhook.rules?.forEach((rule, i) => {
    validateRule(rule, path.child("rules").index(i), errors);
  });
  optionalEnum(webhook.failurePolicy, failurePolicies, path, "failurePolicy", errors);
  optionalEnum(webhook.matchPolicy, matchPolicies, path, "matchPolicy", errors);
  const allowed = leniency.anySideEffects ? sideEffects : noSideEffects;
  if (webhook.sideEffects === undefined) errors.push(required(path.child("sideEffects"), `must specify one of ${allowed.join(", ")}`));
  else if (!allowed.includes(webhook.sideEffects)) errors.push(notSupported(path.child("sideEffects"), webhook.sideEffects, allowed));
  const timeout_s = webhook.timeoutSeconds;
  if (timeout_s !== undefined && (timeout_s < 1 || timeout_s > MAX_TIMEOUT_S)) errors.push(invalid(path.child("timeoutSeconds"), timeout_s, `the timeout value must be between 1 and ${MAX_TIMEOUT_S} seconds`));
  validateLabelSelector(webhook.namespaceSelector, path.child("namespaceSelector"), errors, leniency.anySelectorValues);
  validateLabelSelector(webhook.objectSelector, path.child("objectSelector"), errors, leniency.anySelectorValues);
  optionalEnum(webhook.reinvocationPolicy, reinvocationPolicies, path, "reinvocationPolicy", errors);
  validateWebhookClient(webhook.clientConfig ?? {}, path.child("clientConfig"), errors);
  if (leniency.sameConditions) return;
  const { matchCondition } = expressionsOf({ params: false, variables: false });
  validateMatchConditions(webhook.matchConditions, matchCondition, path.child("matchConditions"), errors);
}

/** A domain name of three labels or more. */
function validateName(name: string, path: FieldPath, errors: Errors): void {
  if (name === "") {
    errors.push(required(path));
    return;
  }
  const messages = dns1123Subdomain(name);
  if (messages.length > 0) errors.push(invalid(path, name, messages.join(",")));
  else if (name.split(".").length < 3) errors.push(invalid(path, name, "should be a domain with at least three segments separated by dots"));
}
