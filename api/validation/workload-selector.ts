import { type LabelMatcher, matcherOf, SelectorError } from "../selector/labels.ts";
import { invalid, type RawValue, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { LabelSelector } from "../wire.ts";
import type { Errors } from "./common.ts";
import { externalJson } from "./internal-json.ts";
import { isEmptySelector, validateLabelSelector } from "./labels.ts";

const DEFINITION = "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector";

/** The selector as a query, or undefined when it is no valid one. */
export function usableSelector(selector: LabelSelector | undefined): LabelMatcher | undefined {
  try {
    return matcherOf(selector);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

/** A selector in a message: its fields and labels in Kubernetes' order; null for none. */
export function selectorValue(selector: LabelSelector | undefined): RawValue | null {
  return selector === undefined ? null : externalJson(DEFINITION, selector);
}

/** A required selector that selects something. Returns it as a query where it is one; `unusableText` is what is said where not. */
export function validateRequiredSelector(selector: LabelSelector | undefined, emptyText: string, unusableText: string, path: FieldPath, errors: Errors): LabelMatcher | undefined {
  if (!selector) errors.push(required(path));
  else {
    validateLabelSelector(selector, path, errors);
    if (isEmptySelector(selector)) errors.push(invalid(path, selectorValue(selector), emptyText));
  }
  const matcher = usableSelector(selector);
  if (matcher === undefined) errors.push(invalid(path, selectorValue(selector), unusableText));
  return matcher;
}
