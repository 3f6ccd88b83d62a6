import type { UserInfo } from "../../api/exchange.ts";
import { escapeFieldValue } from "../../api/selector/fields.ts";
import type { SelfSubjectAccessReview, SubjectAccessReview } from "../../api/wire.ts";
import type { AccessRequest, Authorizer } from "../auth/authorizer.ts";
import type { Registry } from "../registry/registry.ts";
import { receiveReview, type ReviewHandler } from "./review.ts";

type Attributes = NonNullable<SubjectAccessReview["spec"]["resourceAttributes"]>;
type Asked = Pick<SubjectAccessReview["spec"], "resourceAttributes" | "nonResourceAttributes">;

/** SubjectAccessReview and LocalSubjectAccessReview: what the authorizers say of somebody. */
export function subjectAccessReview(registry: Registry, authorizer: Authorizer): ReviewHandler {
  return async (context, kind) => {
    const { review, admitted, answer } = await receiveReview<SubjectAccessReview>(registry, context, kind);
    await admitted();
    return answer({ ...review, status: await decide(authorizer, userOf(review.spec), review.spec) });
  };
}

/** SelfSubjectAccessReview: what they say of the caller. */
export function selfSubjectAccessReview(registry: Registry, authorizer: Authorizer): ReviewHandler {
  return async (context, kind) => {
    const { review, admitted, answer } = await receiveReview<SelfSubjectAccessReview>(registry, context, kind);
    await admitted();
    return answer({ ...review, status: await decide(authorizer, context.user, review.spec) });
  };
}

async function decide(authorizer: Authorizer, user: UserInfo, asked: Asked): Promise<NonNullable<SubjectAccessReview["status"]>> {
  const { verdict, reason } = await authorizer.authorize(accessRequest(user, asked));
  return { allowed: verdict === "allow", ...(verdict === "deny" ? { denied: true } : {}), ...(reason === "" ? {} : { reason }) };
}

function userOf(spec: SubjectAccessReview["spec"]): UserInfo {
  const { user = "", uid, groups = [], extra } = spec;
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra === undefined ? {} : { extra }) };
}

function accessRequest(user: UserInfo, asked: Asked): AccessRequest {
  const { resourceAttributes, nonResourceAttributes } = asked;
  if (!resourceAttributes) {
    const { path = "", verb = "" } = nonResourceAttributes ?? {};
    return { user, verb, resourceRequest: false, group: "", version: "", resource: "", subresource: "", namespace: "", name: "", path };
  }
  const { verb = "", group = "", version = "", resource = "", subresource = "", namespace = "", name = "" } = resourceAttributes;
  const fieldSelector = selectorText(resourceAttributes);
  return { user, verb, resourceRequest: true, group, version: version || "*", resource, subresource, namespace, name, path: "", ...(fieldSelector === "" ? {} : { fieldSelector }) };
}

/** The field selector as a query would have it; what a query cannot say is left out, which asks for more, not for less. */
function selectorText({ fieldSelector }: Attributes): string {
  if (!fieldSelector) return "";
  if (fieldSelector.rawSelector) return fieldSelector.rawSelector;
  const terms = (fieldSelector.requirements ?? []).flatMap(({ key, operator, values = [] }) => {
    if (values.length !== 1 || (operator !== "In" && operator !== "NotIn")) return [];
    return [`${key}${operator === "In" ? "=" : "!="}${escapeFieldValue(values[0] ?? "")}`];
  });
  return terms.join(",");
}
