import { duplicate, invalid, notSupported, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { ValidatingAdmissionPolicy } from "../../wire.ts";
import { type Errors, invalidEach, optionalEnum } from "../common.ts";
import { validateLabelSelector } from "../labels.ts";
import { pathSegmentName } from "../names.ts";

/** Which requests a webhook or a policy is asked about. */
export interface Rule {
  readonly resourceNames?: readonly string[];
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

export type MatchResources = NonNullable<NonNullable<ValidatingAdmissionPolicy["spec"]>["matchConstraints"]>;

const ALL = "*";
const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
/** What a mutating policy can be asked about. */
const mutatingOperations = ["*", "CONNECT", "CREATE", "UPDATE"];
const scopes = ["*", "Cluster", "Namespaced"];
export const matchPolicies = ["Equivalent", "Exact"];

export function validateRule(rule: Rule, path: FieldPath, errors: Errors): void {
  const at = path.child("operations");
  noneBesideAll(rule.operations, "operations", at, errors);
  rule.operations?.forEach((operation, i) => {
    if (!operations.includes(operation)) errors.push(notSupported(at.index(i), operation, operations));
  });
  noneBesideAll(rule.apiGroups, "API groups", path.child("apiGroups"), errors);
  noneBesideAll(rule.apiVersions, "API versions", path.child("apiVersions"), errors);
  rule.apiVersions?.forEach((version, i) => {
    if (version === "") errors.push(required(path.child("apiVersions").index(i)));
  });
  validateResources(rule.resources ?? [], path.child("resources"), errors);
  optionalEnum(rule.scope, scopes, path, "scope", errors);
}

function noneBesideAll(values: readonly string[] | undefined, others: string, path: FieldPath, errors: Errors): void {
  if (!values?.length) errors.push(required(path));
  else if (values.length > 1 && values.includes(ALL)) errors.push(invalid(path, values, `if '*' is present, must not specify other ${others}`));
}

/** `pods`, `pods/log`, with `*` for either part: no entry may lie within another. */
function validateResources(resources: readonly string[], path: FieldPath, errors: Errors): void {
  if (resources.length === 0) errors.push(required(path));
  const allSubresources = new Set<string>();
  const allResources = new Set<string>();
  let plain = false;
  resources.forEach((entry, i) => {
    if (entry === "") {
      errors.push(required(path.index(i)));
      return;
    }
    const slash = entry.indexOf("/");
    if (slash < 0) {
      plain = entry !== ALL;
      return;
    }
    const [resource, subresource] = [entry.slice(0, slash), entry.slice(slash + 1)];
    if (allSubresources.has(resource)) errors.push(invalid(path.index(i), entry, `if '${resource}/*' is present, must not specify ${entry}`));
    if (allResources.has(subresource)) errors.push(invalid(path.index(i), entry, `if '*/${subresource}' is present, must not specify ${entry}`));
    if (subresource === ALL) allSubresources.add(resource);
    if (resource === ALL) allResources.add(subresource);
  });
  if (resources.length > 1 && resources.includes("*/*")) errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes(ALL) && plain) errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
}

/** What a policy is about. */
export function validateMatchResources(match: MatchResources, path: FieldPath, errors: Errors): void {
  const { matchPolicy, namespaceSelector, objectSelector } = match;
  if (matchPolicy === undefined) errors.push(required(path.child("matchPolicy")));
  else optionalEnum(matchPolicy, matchPolicies, path, "matchPolicy", errors);
  for (const [field, selector] of [["namespaceSelector", namespaceSelector], ["objectSelector", objectSelector]] as const) {
    if (selector === undefined) errors.push(required(path.child(field)));
    else validateLabelSelector(selector, path.child(field), errors);
  }
  for (const field of ["resourceRules", "excludeResourceRules"] as const) {
    match[field]?.forEach((rule, i) => {
      const at = path.child(field).index(i);
      validateResourceNames(rule.resourceNames ?? [], at.child("resourceNames"), errors);
      validateRule(rule, at, errors);
    });
  }
}

function validateResourceNames(names: readonly string[], path: FieldPath, errors: Errors): void {
  names.forEach((name, i) => {
    invalidEach(pathSegmentName(name), name, path.index(i), errors);
    if (names.indexOf(name) < i) errors.push(duplicate(path.index(i), name));
  });
}

/** What a policy must be about: without a rule there is no type to check it with. */
export function validateMatchConstraints(match: MatchResources | undefined, mutating: boolean, path: FieldPath, errors: Errors): void {
  if (match === undefined) {
    errors.push(required(path));
    return;
  }
  validateMatchResources(match, path, errors);
  if (!match.resourceRules?.length) errors.push(required(path.child("resourceRules")));
  if (mutating) validateMutatingOperations(match, path, errors);
}

/** What is deleted cannot be changed. */
export function validateMutatingOperations(match: MatchResources, path: FieldPath, errors: Errors): void {
  for (const rule of match.resourceRules ?? []) {
    for (const operation of rule.operations ?? []) if (!mutatingOperations.includes(operation)) errors.push(notSupported(path.child("resourceRules", "operations"), operation, mutatingOperations));
  }
}
