import type { UserInfo } from "../../api/exchange.ts";
import { forbidden, StatusError } from "../../api/status/errors.ts";
import type { RequestInfo } from "../chain/request-info.ts";

/** What somebody wants to do: a verb on a resource, or on a path that is none. */
export interface AccessRequest {
  readonly user: UserInfo;
  readonly verb: string;
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** Of a list or watch, as sent. */
  readonly fieldSelector?: string;
}

/** allow ends the search; deny too; no opinion leaves it to the next authorizer. */
export interface Decision {
  readonly verdict: "allow" | "deny" | "no-opinion";
  readonly reason: string;
}

export const NO_OPINION: Decision = { verdict: "no-opinion", reason: "" };
/** Allowed by what needs no words. */
export const ALLOW: Decision = { verdict: "allow", reason: "" };

export interface Authorizer {
  authorize(request: AccessRequest): Decision | Promise<Decision>;
}

/** Asks one after another until one decides; what nobody allows is refused. */
export class AuthorizerChain implements Authorizer {
  readonly #authorizers: readonly Authorizer[];

  constructor(authorizers: readonly Authorizer[]) {
    this.#authorizers = authorizers;
  }

  authorize(request: AccessRequest): Decision | Promise<Decision> {
    return this.#from(0, request, "");
  }

  /** Asks those from `first` on; a promise only where one of them answers with one. */
  #from(first: number, request: AccessRequest, reasons: string): Decision | Promise<Decision> {
    let known = reasons;
    for (let index = first; index < this.#authorizers.length; index++) {
      const asked = this.#authorizers[index]!.authorize(request);
      if (asked instanceof Promise) return asked.then((decision) => (decision.verdict === "no-opinion" ? this.#from(index + 1, request, joined(known, decision.reason)) : decision));
      if (asked.verdict !== "no-opinion") return asked;
      known = joined(known, asked.reason);
    }
    return known === "" ? NO_OPINION : { verdict: "no-opinion", reason: known };
  }
}

function joined(reasons: string, reason: string): string {
  return reasons === "" || reason === "" ? reasons + reason : `${reasons}\n${reason}`;
}

/** Members of system:masters may do everything, whatever the objects say: the way back in. */
export const mastersAuthorizer: Authorizer = {
  authorize: ({ user }) => (user.groups.includes("system:masters") ? ALLOW : NO_OPINION),
};

/** The request of an HTTP request. */
export function accessRequestOf(user: UserInfo, info: RequestInfo): AccessRequest {
  // The path of a namespace's own request names it twice; for authorization it lies in itself, as in Kubernetes.
  const { verb, isResource, group, version, resource, subresource, namespace, name, path } = info;
  const request = { user, verb, resourceRequest: isResource, group, version, resource, subresource, namespace, name, path };
  const fieldSelector = info.query.get("fieldSelector");
  return fieldSelector === undefined ? request : { ...request, fieldSelector };
}

/** 403 as Kubernetes words it: `pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "n"`. */
export function forbiddenError(request: AccessRequest, reason: string): StatusError {
  const text = reason === "" ? "" : `: ${reason}`;
  const user = JSON.stringify(request.user.name);
  if (!request.resourceRequest) return unsniffed(forbidden({ group: "", resource: "" }, "", `User ${user} cannot ${request.verb} path ${JSON.stringify(request.path)}${text}`));
  const resource = request.subresource === "" ? request.resource : `${request.resource}/${request.subresource}`;
  const scope = request.namespace === "" ? " at the cluster scope" : ` in the namespace ${JSON.stringify(request.namespace)}`;
  const detail = `User ${user} cannot ${request.verb} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(request.group)}${scope}${text}`;
  return unsniffed(forbidden({ group: request.group, resource: request.resource }, request.name, detail));
}

/** What stands in such an answer came from the client. */
function unsniffed({ status }: StatusError): StatusError {
  return new StatusError(status, { "x-content-type-options": "nosniff" });
}
