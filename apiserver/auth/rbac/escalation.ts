import type { UserInfo } from "../../../api/exchange.ts";
import type { PolicyRule } from "../../../api/wire.ts";
import type { RbacIndex } from "./rbac-index.ts";

/** A rule of a few kilobytes can stand for billions of permissions: one of more than this is held by a rule that covers all of it, or not at all. */
const MAX_PERMISSIONS = 20_000;

/**
 * Which of `wanted` the user does not have: nobody may grant what he has not himself (escalation prevention). Each rule is
 * taken apart to single permissions, and each must be covered by one rule of the user's.
 */
export function missingRules(index: RbacIndex, user: UserInfo, namespace: string, wanted: readonly PolicyRule[]): PolicyRule[] {
  const held = [...index.rulesFor(user, namespace)].map((granted) => granted.rule);
  let permissions = 0;
  return wanted.flatMap((rule) => {
    if (held.some((one) => coversAll(one, rule))) return [];
    permissions += permissionsOf(rule);
    return permissions > MAX_PERMISSIONS ? [rule] : takeApart(rule).filter((single) => !held.some((one) => covers(one, single)));
  });
}

function permissionsOf({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): number {
  return verbs.length * (resources.length * apiGroups.length * Math.max(1, resourceNames.length) + nonResourceURLs.length);
}

/** One rule about resources is covered as a whole by another. */
function coversAll(held: PolicyRule, { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): boolean {
  if (nonResourceURLs.length > 0 || !verbs.every((verb) => includes(held.verbs, verb))) return false;
  const names = held.resourceNames ?? [];
  const namesHeld = names.length === 0 || (resourceNames.length > 0 && resourceNames.every((name) => names.includes(name)));
  return namesHeld && apiGroups.every((group) => includes(held.apiGroups, group)) && resources.every((resource) => coversResource(held.resources, resource));
}

/** The rule as rules of one verb, group, resource and name each (or one verb and URL). */
function takeApart(rule: PolicyRule): PolicyRule[] {
  const resources = (rule.resources ?? []).flatMap((resource) =>
    (rule.apiGroups ?? []).flatMap((group) =>
      rule.verbs.flatMap((verb) =>
        rule.resourceNames?.length ? rule.resourceNames.map((name): PolicyRule => ({ verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: [name] })) : [{ verbs: [verb], apiGroups: [group], resources: [resource] }],
      ),
    ),
  );
  const urls = (rule.nonResourceURLs ?? []).flatMap((url) => rule.verbs.map((verb): PolicyRule => ({ verbs: [verb], nonResourceURLs: [url] })));
  return [...resources, ...urls];
}

function covers(held: PolicyRule, single: PolicyRule): boolean {
  const [verb = ""] = single.verbs;
  if (!includes(held.verbs, verb)) return false;
  const [url] = single.nonResourceURLs ?? [];
  if (url !== undefined) return (held.nonResourceURLs ?? []).some((pattern) => pattern === "*" || pattern === url || (pattern.endsWith("*") && url.startsWith(pattern.slice(0, -1))));
  const [name] = single.resourceNames ?? [];
  return includes(held.apiGroups, single.apiGroups?.[0] ?? "") && coversResource(held.resources, single.resources?.[0] ?? "") && (!held.resourceNames?.length || (name !== undefined && held.resourceNames.includes(name)));
}

function includes(values: readonly string[] | undefined, wanted: string): boolean {
  return values !== undefined && (values.includes("*") || values.includes(wanted));
}

function coversResource(held: readonly string[] | undefined, wanted: string): boolean {
  if (includes(held, wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && held !== undefined && held.includes(`*${wanted.slice(slash)}`);
}
