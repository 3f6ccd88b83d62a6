import type { UserInfo } from "../../api/exchange.ts";
import { badRequest } from "../../api/status/errors.ts";
import type { SelfSubjectReview, TokenReview } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { TokenAuthenticator } from "../auth/authenticator.ts";
import type { Registry } from "../registry/registry.ts";
import { receiveReview, type ReviewHandler } from "./review.ts";

type ReviewedUser = NonNullable<NonNullable<TokenReview["status"]>["user"]>;

/** TokenReview: whose token it is, for one of the audiences that the asking party serves. */
export function tokenReview(registry: Registry, tokens: TokenAuthenticator): ReviewHandler {
  return async (context, kind) => {
    const { review, admitted, answer } = await receiveReview<TokenReview>(registry, context, kind);
    const { token = "", audiences = [] } = review.spec;
    if (token === "") throw badRequest("token is required for TokenReview in authentication");
    await admitted();
    const found = await tokens.review(token, audiences);
    const status = found === undefined ? { user: {}, error: "invalid bearer token" } : { authenticated: true, user: shownUser(found.user), audiences: [...found.audiences] };
    return answer({ ...review, status } as TokenReview);
  };
}

/** SelfSubjectReview: who the caller is, after authentication and impersonation. */
export function selfSubjectReview(registry: Registry): ReviewHandler {
  return async (context, kind) => {
    const { review, admitted, answer } = await receiveReview<SelfSubjectReview>(registry, context, kind);
    await admitted();
    const { kind: name, apiVersion } = review;
    return answer({ kind: name, apiVersion, metadata: { creationTimestamp: rfc3339(context.now_ms) }, status: { userInfo: shownUser(context.user) } } as SelfSubjectReview);
  };
}

function shownUser({ name, uid, groups, extra }: UserInfo): ReviewedUser {
  const shownExtra = Object.fromEntries(Object.entries(extra ?? {}).map(([key, values]) => [key, [...values]]));
  return { ...(name === "" ? {} : { username: name }), ...(uid ? { uid } : {}), ...(groups.length === 0 ? {} : { groups: [...groups] }), ...(Object.keys(shownExtra).length === 0 ? {} : { extra: shownExtra }) };
}
