import { accessRequestOf, forbiddenError } from "../auth/authorizer.ts";
import type { RequestContext } from "../chain/context.ts";
import type { CreateOptions } from "../registry/create.ts";
import type { Registry } from "../registry/registry.ts";

/** For a PUT or PATCH that may create: its caller must be allowed to create as well, else whoever may only change things could make them. */
export function creating(registry: Registry, context: RequestContext, applied: boolean): CreateOptions {
  return {
    applied,
    async authorize() {
      const access = { ...accessRequestOf(context.user, context.info), verb: "create" };
      const decision = await registry.authorizer.authorize(access);
      if (decision.verdict !== "allow") throw forbiddenError(access, decision.reason);
    },
  };
}
