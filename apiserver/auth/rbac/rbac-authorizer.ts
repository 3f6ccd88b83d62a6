import { type AccessRequest, type Authorizer, type Decision, NO_OPINION } from "../authorizer.ts";
import type { RbacIndex } from "./rbac-index.ts";
import { ruleAllows } from "./rule-matching.ts";

/** Decides by the Role, ClusterRole, RoleBinding and ClusterRoleBinding objects; it allows or has no opinion, it never denies. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: RbacIndex;

  constructor(index: RbacIndex) {
    this.#index = index;
  }

  authorize(request: AccessRequest): Decision {
    const namespace = request.resourceRequest ? request.namespace : "";
    const grant = this.#index.findGrant(request.user, namespace, (rule) => ruleAllows(rule, request));
    if (grant !== undefined) return { verdict: "allow", reason: `RBAC: allowed by ${grant}` };
    const missing = this.#index.missingRolesFor(request.user, namespace);
    if (missing.length === 0) return NO_OPINION;
    return { verdict: "no-opinion", reason: `RBAC: ${missing.length === 1 ? missing[0] : `[${missing.join(", ")}]`}` };
  }
}
