import { children, type FieldSet, fieldSetOf, type Level, makeNode, recursiveDifference } from "./field-set.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/**
 * Which paths of a write count. `except`: all but these and what lies below them. `only`: these and what lies below
 * them; `*` stands for any one step.
 */
export type FieldFilter = { readonly except: FieldSet } | { readonly only: readonly (readonly PathElement[])[] };

export const NO_FILTER: FieldFilter = { except: {} };

export function filterPaths(filter: FieldFilter, set: FieldSet): FieldSet {
  return "except" in filter ? recursiveDifference(set, filter.except) : keepOnly(set, filter.only);
}

function keepOnly(set: FieldSet, patterns: readonly (readonly PathElement[])[]): FieldSet {
  const result: Level = {};
  for (const element of children(set)) {
    const matching = patterns.filter(([first]) => first === element || first === ANY).map((pattern) => pattern.slice(1));
    if (matching.length === 0) continue;
    const node = set[element] as FieldSet;
    const whole = matching.some((pattern) => pattern.length === 0);
    const kept = whole ? node : makeNode(false, keepOnly(node, matching));
    if (kept !== undefined) result[element] = kept;
  }
  return result;
}

const ANY = "*";

function except(...paths: string[]): FieldFilter {
  return { except: fieldSetOf(...paths.map(elements)) };
}

function only(...paths: string[]): FieldFilter {
  return { only: paths.map(elements) };
}

function elements(path: string): PathElement[] {
  return path.split(".").map((name) => (name === ANY ? ANY : fieldElement(name)));
}

const STATUS = except("status");
const SPEC = except("spec");
const SPEC_AND_METADATA = except("spec", "metadata");

/** What a kind's strategy resets, by `plural[.group]/subresource`, where it is not the rule of `resetFields`. */
const particular: Readonly<Record<string, FieldFilter>> = {
  "pods/status": except("spec", "metadata.deletionTimestamp", "metadata.ownerReferences"),
  "pods/ephemeralcontainers": only("spec.ephemeralContainers"),
  "pods/resize": only("spec.containers.*.resources", "spec.containers.*.resizePolicy", "spec.initContainers.*.resources", "spec.initContainers.*.resizePolicy"),
  "namespaces/finalize": STATUS,
  "deployments.apps/status": except("spec", "metadata.labels"),
  "certificatesigningrequests.certificates.k8s.io/status": except("spec", "status.conditions"),
  "certificatesigningrequests.certificates.k8s.io/approval": except("spec", "status.certificate"),
  "volumeattachments.storage.k8s.io/status": SPEC_AND_METADATA,
  "flowschemas.flowcontrol.apiserver.k8s.io/status": SPEC_AND_METADATA,
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io/status": SPEC_AND_METADATA,
  "resourceclaims.resource.k8s.io/status": SPEC_AND_METADATA,
  "customresourcedefinitions.apiextensions.k8s.io/status": SPEC_AND_METADATA,
  "apiservices.apiregistration.k8s.io/status": SPEC_AND_METADATA,
  "validatingadmissionpolicies.admissionregistration.k8s.io/status": SPEC_AND_METADATA,
};

/** Fields that a write to a resource or to one of its subresources cannot change: the kind's strategy sets them back. */
export function resetFields(group: string, plural: string, subresource: string, hasStatus: boolean): FieldFilter {
  const own = particular[`${plural}${group === "" ? "" : `.${group}`}/${subresource}`];
  if (own !== undefined) return own;
  if (subresource === "status") return group.includes(".") && !group.endsWith(".k8s.io") ? SPEC_AND_METADATA : SPEC;
  return subresource === "" && hasStatus ? STATUS : NO_FILTER;
}
