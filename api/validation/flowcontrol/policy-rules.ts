import { invalid, notSupported, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { FlowSchema } from "../../wire.ts";
import type { Errors } from "../common.ts";
import { dns1123Label } from "../names.ts";

type Rule = NonNullable<NonNullable<FlowSchema["spec"]>["rules"]>[number];
type ResourceRule = NonNullable<Rule["resourceRules"]>[number];
type NonResourceRule = NonNullable<Rule["nonResourceRules"]>[number];

const ALL = "*";
const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

export function validateResourceRule(rule: ResourceRule, path: FieldPath, errors: Errors): void {
  validateVerbs(rule.verbs, path, errors);
  validateWildcardList(rule.apiGroups, "resource rules must supply at least one api group", "api groups", path.child("apiGroups"), errors);
  validateWildcardList(rule.resources, "resource rules must supply at least one resource", "resources", path.child("resources"), errors);
  const namespaces = rule.namespaces ?? [];
  const at = path.child("namespaces");
  if (namespaces.length === 0 && !rule.clusterScope) errors.push(required(at, "resource rules that are not cluster scoped must supply at least one namespace"));
  else if (namespaces.includes(ALL)) {
    if (namespaces.length > 1) errors.push(invalid(at, namespaces, "if '*' is present, must not specify other namespaces"));
  } else {
    namespaces.forEach((namespace, i) => {
      for (const message of dns1123Label(namespace)) errors.push(invalid(at.index(i), namespace, `each member of this list must be '*' or a DNS-1123 label; ${message}`));
    });
  }
}

export function validateNonResourceRule(rule: NonResourceRule, path: FieldPath, errors: Errors): void {
  validateVerbs(rule.verbs, path, errors);
  const urls = rule.nonResourceURLs ?? [];
  const at = path.child("nonResourceURLs");
  if (urls.length === 0) errors.push(required(at, "nonResourceURLs must contain at least one value"));
  else if (urls.includes(ALL)) {
    if (urls.length > 1) errors.push(invalid(at, urls, "if '*' is present, must not specify other non-resource URLs"));
  } else {
    urls.forEach((url, i) => {
      const fault = urlFault(url);
      if (fault !== undefined) errors.push(invalid(at.index(i), url, fault));
    });
  }
}

function validateVerbs(given: readonly string[] | undefined, path: FieldPath, errors: Errors): void {
  const at = path.child("verbs");
  if (!given?.length) errors.push(required(at, "verbs must contain at least one value"));
  else if (given.includes(ALL)) {
    if (given.length > 1) errors.push(invalid(at, given, "if '*' is present, must not specify other verbs"));
  } else if (!given.every((verb) => verbs.includes(verb))) errors.push(notSupported(at, given, verbs));
}

function validateWildcardList(values: readonly string[] | undefined, missing: string, others: string, path: FieldPath, errors: Errors): void {
  if (!values?.length) errors.push(required(path, missing));
  else if (values.length > 1 && values.includes(ALL)) errors.push(invalid(path, values, `if '*' is present, must not specify other ${others}`));
}

/** A path, or a path that ends in `/*`. */
function urlFault(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const wildcards = url.split(ALL).length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith("/*")) ? "wildcard can only do suffix matching" : undefined;
}
