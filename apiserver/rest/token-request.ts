import type { ApiResponse } from "../../api/exchange.ts";
import { tokenRequest as tokenRequestBody } from "../../api/kinds/authentication/token-request.ts";
import { badRequest, conflict, invalid, notFound } from "../../api/status/errors.ts";
import { type FieldError, invalid as invalidValue } from "../../api/status/field-error.ts";
import type { ApiObject, Pod, TokenRequest } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { BoundObject, KubernetesClaim, ServiceAccountTokens } from "../auth/service-account-tokens.ts";
import { answerObject, negotiate } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import { matchNamespace } from "../registry/create.ts";
import { getObject } from "../registry/get.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { readAction } from "./action-body.ts";

const DEFAULT_LIFETIME_S = 3_600;
const MIN_LIFETIME_S = 600;
/** What agents ask for on behalf of pods: such tokens live longer than they say, for clients that never read the file again. */
const PROJECTED_LIFETIME_S = 3_607;
const EXTENDED_LIFETIME_S = 365 * 24 * 3_600;
const GROUP_KIND = { group: "authentication.k8s.io", kind: "TokenRequest" };

/** POST serviceaccounts/NAME/token: a token of the account, bound to a pod, node or secret where asked. */
export async function requestToken(registry: Registry, tokens: ServiceAccountTokens, accounts: ServedKind, context: RequestContext): Promise<ApiResponse> {
  const { info } = context;
  const negotiated = negotiate(context);
  const { object: request, options } = readAction<TokenRequest>(context, tokenRequestBody);
  matchNamespace(accounts, request, info.namespace);
  if (request.metadata.name && request.metadata.name !== info.name) {
    throw invalid(GROUP_KIND, info.name, [invalidValue("metadata.name", request.metadata.name, "must match the service account name if specified")]);
  }
  const lifetime_s = checkLifetime(request);
  const { user, now_ms, warnings } = context;
  const admission = { operation: "CREATE" as const, kind: accounts, subresource: "token", namespace: info.namespace, name: info.name, object: request, user, dryRun: options.dryRun, now_ms, warnings };
  await registry.admission.admit(admission);
  await registry.admission.validate(admission);
  const account = (await getObject(registry, accounts, info.namespace, info.name, undefined)).object();
  const bound = await boundObjects(registry, info.namespace, info.name, request.spec?.boundObjectRef as BoundReference | null | undefined);
  const audiences = request.spec?.audiences?.length ? request.spec.audiences : [tokens.issuer];
  const now_s = Math.floor(context.now_ms / 1000);
  const extended = lifetime_s === PROJECTED_LIFETIME_S && bound.pod !== undefined && audiences.length === 1 && audiences[0] === tokens.issuer;
  const claim: KubernetesClaim = { namespace: info.namespace, serviceaccount: { name: info.name, uid: account.metadata.uid ?? "" }, ...bound, ...(extended ? { warnafter: now_s + lifetime_s } : {}) };
  const token = await tokens.sign(claim, audiences, extended ? EXTENDED_LIFETIME_S : lifetime_s);
  const answer = {
    ...request,
    metadata: { ...request.metadata, name: info.name, namespace: info.namespace, uid: account.metadata.uid, creationTimestamp: rfc3339(context.now_ms) },
    spec: { ...request.spec, audiences, expirationSeconds: lifetime_s },
    status: { token, expirationTimestamp: rfc3339((now_s + lifetime_s) * 1000) },
  };
  return answerObject(context, negotiated, tokenRequestBody.definition, answer, 201);
}

/** @throws StatusError 422 */
function checkLifetime(request: TokenRequest): number {
  const lifetime_s = request.spec?.expirationSeconds ?? DEFAULT_LIFETIME_S;
  const errors: FieldError[] = [];
  if (lifetime_s < MIN_LIFETIME_S) errors.push(invalidValue("spec.expirationSeconds", lifetime_s, "may not specify a duration less than 10 minutes"));
  if (lifetime_s > 2 ** 32) errors.push(invalidValue("spec.expirationSeconds", lifetime_s, "may not specify a duration larger than 2^32 seconds"));
  if (errors.length > 0) throw invalid(GROUP_KIND, "", errors);
  return Number(lifetime_s);
}

interface BoundReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
}

const PLURALS: Readonly<Record<string, string>> = { Pod: "pods", Node: "nodes", Secret: "secrets" };

/** What the token is bound to, as it is now. @throws StatusError 400, 404, 409 */
async function boundObjects(registry: Registry, namespace: string, account: string, reference: BoundReference | null | undefined): Promise<Pick<KubernetesClaim, "pod" | "node" | "secret">> {
  if (reference === null || reference === undefined) return {};
  const { kind = "", name = "", apiVersion = "" } = reference;
  const plural = apiVersion === "v1" || apiVersion === "" ? PLURALS[kind] : undefined;
  const served = plural === undefined ? undefined : registry.kinds.byResource("", "v1", plural);
  if (served === undefined) throw badRequest(`cannot bind token to object of type ${gvkText(apiVersion, kind)}`);
  const object = (await getObject(registry, served, namespace, name, undefined)).object();
  if (reference.uid && reference.uid !== object.metadata.uid) {
    throw conflict({ group: "", resource: kind }, name, `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
  }
  const bound = { name, uid: object.metadata.uid ?? "" };
  if (kind === "Secret") return { secret: bound };
  return kind === "Node" ? { node: bound } : await podBinding(registry, account, object as Pod, bound);
}

async function podBinding(registry: Registry, account: string, pod: Pod, bound: BoundObject): Promise<{ pod: BoundObject; node?: BoundObject }> {
  if (pod.spec?.serviceAccountName !== account) throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`);
  const nodeName = pod.spec.nodeName;
  if (!nodeName) return { pod: bound };
  const nodes = registry.kinds.byResource("", "v1", "nodes");
  if (nodes === undefined) throw notFound({ group: "", resource: "nodes" }, nodeName);
  const node: ApiObject | undefined = registry.cache.of(nodes).get(nodeName)?.object();
  return { pod: bound, node: { name: nodeName, uid: node?.metadata.uid ?? "" } };
}

/** `/v1, Kind=ConfigMap`, as Go prints a GroupVersionKind. */
function gvkText(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return `${group}/${apiVersion.slice(slash + 1)}, Kind=${kind}`;
}
