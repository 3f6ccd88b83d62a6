import type { UserInfo } from "../../../api/exchange.ts";
import type { PolicyRule } from "../../../api/wire.ts";
import type { RbacIndex } from "./rbac-index.ts";

/**
 * Which of `wanted` the user does not have: nobody may grant what he has not himself (escalation prevention). Each rule is
 * taken apart to single permissions, and each must be covered by one rule of the user's.
 */
export function missingRules(index: RbacIndex, user: UserInfo, namespace: string, wanted: readonly PolicyRule[]): PolicyRule[] {
  const held = [...index.rulesFor(user, namespace)].map((granted) => granted.rule);
  return wanted.flatMap(takeApart).filter((single) => !held.some((rule) => covers(rule, single)));
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
