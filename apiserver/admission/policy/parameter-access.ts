import { isDeepStrictEqual } from "node:util";
import type { UserInfo } from "../../../api/exchange.ts";
import { invalid } from "../../../api/status/errors.ts";
import { forbidden } from "../../../api/status/field-error.ts";
import { fieldPath } from "../../../api/status/field-path.ts";
import type { MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from "../../../api/wire.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import type { KindCache } from "../../registry/kind-cache.ts";
import type { KindTable } from "../../registry/served-kind.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission.ts";

const GROUP = "admissionregistration.k8s.io";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;
type ParamKind = NonNullable<NonNullable<Policy["spec"]>["paramKind"]>;

export interface ParameterAccessParts {
  /** The policies that bindings of a kind name, by the binding's kind. */
  readonly policies: Readonly<Record<string, KindCache>>;
  readonly kinds: KindTable;
  readonly authorizer: Authorizer;
}

/** Nobody has a policy read parameters for him that he may not read himself. */
export function parameterAccess({ policies, kinds, authorizer }: ParameterAccessParts): AdmissionPlugin {
  const checkPolicy = async (request: AdmissionRequest): Promise<void> => {
    const paramKind = (request.object as Policy).spec?.paramKind;
    if (paramKind === undefined || isDeepStrictEqual(paramKind, (request.oldObject as Policy | undefined)?.spec?.paramKind)) return;
    if (await mayGet(authorizer, request.user, resourceOf(kinds, paramKind), "*", "*")) return;
    refuse(request, "paramKind", `user ${userText(request.user)} must have "get" permission on all objects of the referenced paramKind (kind=${paramKind.kind}, apiVersion=${paramKind.apiVersion})`);
  };
  const checkBinding = async (request: AdmissionRequest): Promise<void> => {
    const { paramRef, policyName = "" } = (request.object as Binding).spec ?? {};
    const old = (request.oldObject as Binding | undefined)?.spec;
    if (paramRef === undefined || (isDeepStrictEqual(paramRef, old?.paramRef) && policyName === old?.policyName)) return;
    const policy = policies[request.kind.entry.kind]?.get(policyName)?.object() as Policy | undefined;
    if (await mayGet(authorizer, request.user, resourceOf(kinds, policy?.spec?.paramKind), paramRef.namespace ?? "", paramRef.name ?? "")) return;
    refuse(request, "paramRef", `user ${userText(request.user)} does not have "get" permission on the object referenced by paramRef`);
  };
  return {
    name: "PolicyParameterAccess",
    validate(request) {
      const { group, kind } = request.kind.entry;
      if (group !== GROUP || request.subresource !== "" || request.object === undefined || request.operation === "DELETE") return undefined;
      if (request.user.groups.includes("system:masters")) return undefined;
      return Object.hasOwn(policies, kind) ? checkBinding(request) : checkPolicy(request);
    },
  };
}

interface Resource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** The parameters' resource; of what is not known, everything. */
function resourceOf(kinds: KindTable, paramKind: ParamKind | undefined): Resource {
  if (paramKind === undefined) return { group: "*", version: "*", resource: "*" };
  const [version = "", group = ""] = (paramKind.apiVersion ?? "").split("/").reverse();
  return { group, version, resource: kinds.byKind(group, version, paramKind.kind ?? "")?.entry.plural ?? "*" };
}

async function mayGet(authorizer: Authorizer, user: UserInfo, resource: Resource, namespace: string, name: string): Promise<boolean> {
  const { verdict } = await authorizer.authorize({ user, verb: "get", resourceRequest: true, ...resource, subresource: "", namespace, name, path: "" });
  return verdict === "allow";
}

function refuse(request: AdmissionRequest, field: string, text: string): never {
  throw invalid(request.kind.entry, request.name, [forbidden(fieldPath("spec", field), text)]);
}

/** As Go prints it. */
function userText({ name, uid, groups, extra }: UserInfo): string {
  const entries = Object.entries(extra ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return `&{${name} ${uid ?? ""} [${groups.join(" ")}] map[${entries.map(([key, values]) => `${key}:[${values.join(" ")}]`).join(" ")}]}`;
}
