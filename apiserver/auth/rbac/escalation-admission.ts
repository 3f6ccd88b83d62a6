import { isDeepStrictEqual } from "node:util";
import { forbidden, notFound } from "../../../api/status/errors.ts";
import type { ApiObject, PolicyRule, RoleBinding } from "../../../api/wire.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../admission/admission.ts";
import type { Authorizer } from "../authorizer.ts";
import { missingRules } from "./escalation.ts";
import type { RbacIndex } from "./rbac-index.ts";

const GROUP = "rbac.authorization.k8s.io";
const ROLES = new Set(["roles", "clusterroles"]);
const BINDINGS = new Set(["rolebindings", "clusterrolebindings"]);

/** Nobody grants what he has not himself, by a role or by binding one, unless he may `escalate` or `bind`. */
export function escalationPrevention(index: RbacIndex, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "RbacEscalation",
    onlyRefuses: true,
    admit(request) {
      const { group, plural } = request.kind.entry;
      if (group !== GROUP || request.operation === "DELETE" || request.object === undefined) return undefined;
      if (request.user.groups.includes("system:masters")) return undefined;
      if (ROLES.has(plural)) return checkRole(index, authorizer, request);
      return BINDINGS.has(plural) ? checkBinding(index, authorizer, request) : undefined;
    },
  };
}

type Role = ApiObject & { rules?: PolicyRule[]; aggregationRule?: unknown };

async function checkRole(index: RbacIndex, authorizer: Authorizer, request: AdmissionRequest): Promise<void> {
  const role = request.object as Role;
  const old = request.oldObject as Role | undefined;
  // A label alone can have other roles gather this one, and so give its rules to those who have them.
  if (old !== undefined && isDeepStrictEqual(whatGrants(role), whatGrants(old))) return;
  const { plural } = request.kind.entry;
  if (await may(authorizer, request, "escalate", plural, role.metadata.name ?? "")) return;
  const wanted = [...(role.rules ?? [])];
  // An aggregated role can come to hold anything.
  if (role.aggregationRule !== undefined || old?.aggregationRule !== undefined) wanted.push({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, { verbs: ["*"], nonResourceURLs: ["*"] });
  requireHeld(index, request, wanted);
}

/** A role without what only concerns its deletion and its history. */
function whatGrants({ metadata: { labels, annotations }, rules, aggregationRule }: Role): unknown {
  return [labels ?? {}, annotations ?? {}, rules ?? [], aggregationRule];
}

async function checkBinding(index: RbacIndex, authorizer: Authorizer, request: AdmissionRequest): Promise<void> {
  const binding = request.object as RoleBinding;
  const old = request.oldObject as RoleBinding | undefined;
  if (old !== undefined && isDeepStrictEqual(binding.roleRef, old.roleRef) && isDeepStrictEqual(binding.subjects ?? [], old.subjects ?? [])) return;
  const { kind, name } = binding.roleRef;
  if (await may(authorizer, request, "bind", kind === "Role" ? "roles" : "clusterroles", name)) return;
  const rules = index.rulesOf(kind, kind === "Role" ? request.namespace : "", name);
  if (rules === undefined) throw notFound(request.kind.resource, name);
  requireHeld(index, request, rules);
}

async function may(authorizer: Authorizer, request: AdmissionRequest, verb: string, resource: string, name: string): Promise<boolean> {
  const decision = await authorizer.authorize({ user: request.user, verb, resourceRequest: true, group: GROUP, version: "v1", resource, subresource: "", namespace: request.namespace, name, path: "" });
  return decision.verdict === "allow";
}

function requireHeld(index: RbacIndex, request: AdmissionRequest, wanted: readonly PolicyRule[]): void {
  const missing = missingRules(index, request.user, request.namespace, wanted);
  if (missing.length === 0) return;
  const groups = request.user.groups.map((group) => JSON.stringify(group)).join(" ");
  const texts = compact(missing).map(ruleText).sort();
  const user = `user ${JSON.stringify(request.user.name)} (groups=[${groups}])`;
  throw forbidden(request.kind.resource, request.object?.metadata.name ?? request.name, `${user} is attempting to grant RBAC permissions not currently held:\n${[...new Set(texts)].join("\n")}`);
}

/** Verbs of one resource together, also those that stand twice; of paths each stands for itself. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  const paths: PolicyRule[] = [];
  for (const rule of rules) {
    const { verbs, ...rest } = rule;
    const key = JSON.stringify(rest);
    const known = merged.get(key);
    if (rule.nonResourceURLs?.length) paths.push(rule);
    else if (known === undefined) merged.set(key, { ...rule, verbs: [...verbs] });
    else known.verbs = [...known.verbs, ...verbs];
  }
  return [...merged.values(), ...paths];
}

/** `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`. */
function ruleText(rule: PolicyRule): string {
  const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
  const parts: string[] = [];
  if (rule.apiGroups?.length) parts.push(`APIGroups:${list(rule.apiGroups)}`);
  if (rule.resources?.length) parts.push(`Resources:${list(rule.resources)}`);
  if (rule.nonResourceURLs?.length) parts.push(`NonResourceURLs:${list(rule.nonResourceURLs)}`);
  if (rule.resourceNames?.length) parts.push(`ResourceNames:${list(rule.resourceNames)}`);
  if (rule.verbs.length > 0) parts.push(`Verbs:${list(rule.verbs)}`);
  return `{${parts.join(", ")}}`;
}
