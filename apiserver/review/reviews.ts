import type { TokenAuthenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { RbacIndex } from "../auth/rbac/rbac-index.ts";
import type { Registry } from "../registry/registry.ts";
import { selfSubjectAccessReview, subjectAccessReview } from "./access-review.ts";
import { selfSubjectReview, tokenReview } from "./identity-review.ts";
import type { ReviewHandler } from "./review.ts";
import { selfSubjectRulesReview } from "./rules-review.ts";

/** Who decides. */
export interface ReviewParts {
  readonly registry: Registry;
  readonly authorizer: Authorizer;
  readonly tokens: TokenAuthenticator;
  readonly rbac: RbacIndex;
}

/** The reviews, by plural: answered by what decides about requests themselves, never stored. */
export function makeReviews({ registry, authorizer, tokens, rbac }: ReviewParts): Readonly<Record<string, ReviewHandler>> {
  return {
    subjectaccessreviews: subjectAccessReview(registry, authorizer),
    localsubjectaccessreviews: subjectAccessReview(registry, authorizer),
    selfsubjectaccessreviews: selfSubjectAccessReview(registry, authorizer),
    selfsubjectrulesreviews: selfSubjectRulesReview(registry, rbac),
    selfsubjectreviews: selfSubjectReview(registry),
    tokenreviews: tokenReview(registry, tokens),
  };
}
