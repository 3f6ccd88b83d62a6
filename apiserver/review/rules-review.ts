import type { UserInfo } from "../../api/exchange.ts";
import { badRequest } from "../../api/status/errors.ts";
import type { PolicyRule, SelfSubjectRulesReview } from "../../api/wire.ts";
import { nodeOf } from "../auth/node/node-identity.ts";
import type { RbacIndex } from "../auth/rbac/rbac-index.ts";
import type { Registry } from "../registry/registry.ts";
import { receiveReview, type ReviewHandler } from "./review.ts";

type RulesStatus = NonNullable<SelfSubjectRulesReview["status"]>;

/** SelfSubjectRulesReview: the caller's rules in a namespace and in the whole cluster, as far as rules can tell. */
export function selfSubjectRulesReview(registry: Registry, rbac: RbacIndex): ReviewHandler {
  return async (context, kind) => {
    const { review, admitted, answer } = await receiveReview<SelfSubjectRulesReview>(registry, context, kind);
    const namespace = review.spec.namespace ?? "";
    if (namespace === "") throw badRequest("no namespace on request");
    await admitted();
    const { kind: name, apiVersion } = review;
    // Kubernetes answers a new review: what was asked is not in it.
    return answer({ kind: name, apiVersion, metadata: {}, spec: {}, status: rulesOf(rbac, context.user, namespace) } as SelfSubjectRulesReview);
  };
}

function rulesOf(rbac: RbacIndex, user: UserInfo, namespace: string): RulesStatus {
  const rules = new Set<PolicyRule>();
  for (const { rule } of rbac.rulesFor(user, namespace)) rules.add(rule);
  const errors = rbac.missingRolesFor(user, namespace);
  const isNode = nodeOf(user) !== undefined;
  if (isNode) errors.unshift("node authorizer does not support user rule resolution");
  return {
    resourceRules: [...rules].filter((rule) => rule.resources?.length).map(resourceRule),
    nonResourceRules: [...rules].filter((rule) => rule.nonResourceURLs?.length).map(({ verbs, nonResourceURLs = [] }) => ({ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] })),
    // What a node may do depends on the pods that it runs.
    incomplete: isNode,
    ...(errors.length === 0 ? {} : { evaluationError: errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]` }),
  };
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): RulesStatus["resourceRules"][number] {
  return { verbs: [...verbs], ...(apiGroups?.length ? { apiGroups: [...apiGroups] } : {}), ...(resources?.length ? { resources: [...resources] } : {}), ...(resourceNames?.length ? { resourceNames: [...resourceNames] } : {}) };
}
