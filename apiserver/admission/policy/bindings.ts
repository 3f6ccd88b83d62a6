import { dynamicValue } from "../../../api/cel/data-type.ts";
import type { CelValue } from "../../../api/cel/values.ts";
import { encodeObject } from "../../../api/codec/json.ts";
import { parseJson } from "../../../api/codec/parse-json.ts";
import { AccessBuilder, type AccessCheck, type AccessVerdict } from "../../../api/validation/expressions/authorizer-values.ts";
import type { UserInfo } from "../../../api/exchange.ts";
import type { ApiObject, Namespace } from "../../../api/wire.ts";
import type { AccessRequest, Authorizer } from "../../auth/authorizer.ts";
import type { ServedKind } from "../../registry/served-kind.ts";
import type { AdmissionRequest } from "../admission.ts";

/** Thrown through an expression that asked for a check whose outcome is not known yet; run it again when `settled`. */
export class PendingCheck extends Error {
  readonly settled: Promise<void>;
  constructor(settled: Promise<void>) {
    super("an authorization check is under way");
    this.settled = settled;
  }
}

/** What expressions see of one request. Objects are written out when somebody asks for them. */
export class RequestBindings {
  readonly #request: AdmissionRequest;
  readonly #authorizer: Authorizer;
  readonly #namespace: () => ApiObject | undefined;
  readonly #known = new Map<string, CelValue>();
  readonly #verdicts = new Map<string, AccessVerdict>();

  /** `namespace`: the object of the request's namespace. */
  constructor(request: AdmissionRequest, authorizer: Authorizer, namespace: () => ApiObject | undefined) {
    this.#request = request;
    this.#authorizer = authorizer;
    this.#namespace = namespace;
  }

  readonly get = (variable: string): CelValue | undefined => {
    let value = this.#known.get(variable);
    if (value === undefined) {
      value = this.#make(variable);
      if (value !== undefined) this.#known.set(variable, value);
    }
    return value;
  };

  #make(variable: string): CelValue | undefined {
    const { object, oldObject, kind } = this.#request;
    switch (variable) {
      case "object":
        return dynamicValue(plain(kind, object));
      case "oldObject":
        return dynamicValue(plain(kind, oldObject));
      case "namespaceObject":
        return dynamicValue(shownNamespace(this.#namespace() as Namespace | undefined));
      case "request":
        return dynamicValue(shownRequest(this.#request));
      case "authorizer":
        return new AccessBuilder("Authorizer", this.#check);
      case "authorizer.requestResource": {
        const { entry } = kind;
        const { subresource, namespace, name } = this.#request;
        return new AccessBuilder("ResourceCheck", this.#check, { group: entry.group, resource: entry.plural, ...(subresource === "" ? {} : { subresource }), ...(namespace === "" ? {} : { namespace }), ...(name === "" ? {} : { name }) });
      }
      default:
        return undefined;
    }
  }

  /** @throws PendingCheck the first time */
  readonly #check = (check: AccessCheck): AccessVerdict => {
    const key = JSON.stringify(check);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const asked = Promise.resolve(this.#authorizer.authorize(accessRequest(this.#request.user, check))).then(
      ({ verdict, reason }) => ({ allowed: verdict === "allow", reason }),
      (error: unknown) => ({ allowed: false, reason: "", error: error instanceof Error ? error.message : String(error) }),
    );
    throw new PendingCheck(asked.then((verdict) => void this.#verdicts.set(key, verdict)));
  };
}

function accessRequest(caller: UserInfo, check: AccessCheck): AccessRequest {
  const { verb, path, group = "", resource = "", subresource = "", namespace = "", name = "", fieldSelector, serviceAccount } = check;
  const user = serviceAccount === undefined ? caller : accountUser(serviceAccount);
  if (path !== undefined) return { user, verb, resourceRequest: false, group: "", version: "", resource: "", subresource: "", namespace: "", name: "", path };
  return { user, verb, resourceRequest: true, group, version: "*", resource, subresource, namespace, name, path: "", ...(fieldSelector === undefined ? {} : { fieldSelector }) };
}

function accountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  return { name: `system:serviceaccount:${namespace}:${name}`, groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"] };
}

/** The object as a client would read it. The body of a subresource's action (an Eviction, a TokenRequest) is of another kind. */
function plain(kind: ServedKind, object: ApiObject | undefined): unknown {
  if (object === undefined) return null;
  return parseJson(encodeObject(object.kind === kind.entry.kind ? kind.definition : undefined, object));
}

function shownRequest({ kind, operation, subresource, namespace, name, user, dryRun }: AdmissionRequest): object {
  const { group, version, kind: kindName, plural } = kind.entry;
  const ofKind = { group, version, kind: kindName };
  const ofResource = { group, version, resource: plural };
  const options = { CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions", CONNECT: "" }[operation];
  return {
    kind: ofKind,
    resource: ofResource,
    requestKind: ofKind,
    requestResource: ofResource,
    ...(subresource === "" ? {} : { subResource: subresource, requestSubResource: subresource }),
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation,
    userInfo: { username: user.name, ...(user.uid ? { uid: user.uid } : {}), groups: user.groups, ...(user.extra === undefined ? {} : { extra: user.extra }) },
    dryRun,
    ...(options === "" ? {} : { options: { kind: options, apiVersion: "meta.k8s.io/v1" } }),
  };
}

/** As much of a Namespace as policies are shown. */
function shownNamespace(namespace: Namespace | undefined): unknown {
  if (namespace === undefined) return null;
  const { managedFields: _, ...metadata } = namespace.metadata;
  return { metadata, spec: namespace.spec ?? {}, status: namespace.status ?? {} };
}
