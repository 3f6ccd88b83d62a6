import type { PolicyRule } from "../../../api/wire.ts";
import type { AccessRequest } from "../authorizer.ts";

const ALL = "*";

/** Whether one rule of a role covers the request (rbac.authorization.k8s.io/v1 PolicyRule). */
export function ruleAllows(rule: PolicyRule, request: AccessRequest): boolean {
  if (!has(rule.verbs, request.verb)) return false;
  if (!request.resourceRequest) return (rule.nonResourceURLs ?? []).some((pattern) => pathMatches(pattern, request.path));
  return has(rule.apiGroups, request.group) && resourceMatches(rule.resources, request.resource, request.subresource) && nameMatches(rule.resourceNames, request.name);
}

function has(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes(wanted) || values.includes(ALL));
}

/** `pods`, `pods/log`, `*`, or any resource's `scale` by a star before the slash: a bare resource does not cover its subresources, `*` covers all. */
function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (resources === undefined) return false;
  const wanted = subresource !== "" ? `${resource}/${subresource}` : resource;
  return resources.some((one) => one === ALL || one === wanted || (subresource !== "" && one === `*/${subresource}`));
}

/** A rule with names covers only requests that name one of them; creations and collections name none. */
function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || (name !== "" && names.includes(name));
}

/** `/healthz`, or `/apis/*` for everything that begins so. */
function pathMatches(pattern: string, path: string): boolean {
  return pattern === ALL || pattern === path || (pattern.endsWith(ALL) && path.startsWith(pattern.slice(0, -1)));
}
