import type { ApiRequest, UserInfo } from "../../api/exchange.ts";
import { badRequest } from "../../api/status/errors.ts";
import { goQuote } from "../../api/status/go-text.ts";
import { type AccessRequest, type Authorizer, forbiddenError } from "./authorizer.ts";
import { ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED } from "./authenticator.ts";

const USER = "impersonate-user";
const GROUP = "impersonate-group";
const UID = "impersonate-uid";
const EXTRA = "impersonate-extra-";
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The user that the request asks to act as, when the caller may; the caller where it asks for nobody. @throws StatusError 400, 403 */
export async function impersonate(request: ApiRequest, caller: UserInfo, authorizer: Authorizer): Promise<UserInfo> {
  const name = values(request, USER)[0] ?? "";
  const groups = values(request, GROUP);
  const uid = values(request, UID)[0] ?? "";
  const extra = extraOf(request);
  if (name === "" && groups.length === 0 && uid === "" && extra.length === 0) return caller;
  if (name === "") throw badRequest(`requested ${goUser(groups, uid, extra)} without impersonating a user name`);
  const account = SERVICE_ACCOUNT.exec(name);
  const may = (group: string, resource: string, subresource: string, namespace: string, target: string) => check(authorizer, { user: caller, verb: "impersonate", resourceRequest: true, group, version: "v1", resource, subresource, namespace, name: target, path: "" });
  if (account === null) await may("", "users", "", "", name);
  else await may("", "serviceaccounts", "", account[1]!, account[2]!);
  for (const group of groups) await may("", "groups", "", "", group);
  for (const [key, value] of extra) await may("authentication.k8s.io", "userextras", key, "", value);
  if (uid !== "") await may("authentication.k8s.io", "uids", "", "", uid);
  return { name, groups: groupsOf(name, groups, account), ...(uid === "" ? {} : { uid }), ...(extra.length === 0 ? {} : { extra: grouped(extra) }) };
}

/** Whether the request has any of the headers; nearly none does. */
export function asksToImpersonate(request: Pick<ApiRequest, "headers">): boolean {
  for (const name in request.headers) if (name.startsWith("impersonate-")) return true;
  return false;
}

/** The user as Go's %#v prints it. */
function goUser(groups: readonly string[], uid: string, extra: readonly [string, string][]): string {
  const strings = (values: readonly string[]) => `[]string{${values.map(goQuote).join(", ")}}`;
  const entries = Object.entries(grouped(extra)).sort(([a], [b]) => (a < b ? -1 : 1));
  const extraText = entries.length === 0 ? "map[string][]string(nil)" : `map[string][]string{${entries.map(([key, values]) => `${goQuote(key)}:${strings(values)}`).join(", ")}}`;
  return `&user.DefaultInfo{Name:"", UID:${goQuote(uid)}, Groups:${groups.length === 0 ? "[]string(nil)" : strings(groups)}, Extra:${extraText}}`;
}

async function check(authorizer: Authorizer, request: AccessRequest): Promise<void> {
  const decision = await authorizer.authorize(request);
  if (decision.verdict !== "allow") throw forbiddenError(request, decision.reason);
}

/** Groups that follow from who it is: a ServiceAccount's own, and authenticated (or not) for everybody. */
function groupsOf(name: string, asked: readonly string[], account: RegExpExecArray | null): string[] {
  const groups = [...asked];
  if (asked.length === 0 && account !== null) groups.push("system:serviceaccounts", `system:serviceaccounts:${account[1]}`);
  const last = name === ANONYMOUS.name ? UNAUTHENTICATED : AUTHENTICATED;
  if (!groups.includes(AUTHENTICATED) && !groups.includes(UNAUTHENTICATED)) groups.push(last);
  return groups;
}

function values(request: ApiRequest, name: string): readonly string[] {
  const value = request.headers[name];
  if (value === undefined) return [];
  return (typeof value === "string" ? value.split(", ") : value).filter((part) => part !== "");
}

function extraOf(request: ApiRequest): [string, string][] {
  const extra: [string, string][] = [];
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith(EXTRA)) continue;
    const key = safeDecode(name.slice(EXTRA.length));
    for (const value of values(request, name)) extra.push([key, value]);
  }
  return extra;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`invalid impersonation header name ${JSON.stringify(text)}`);
  }
}

function grouped(extra: readonly [string, string][]): Record<string, string[]> {
  // `__proto__` is a key like any other.
  const groups = Map.groupBy(extra, ([key]) => key);
  return Object.fromEntries([...groups].map(([key, entries]) => [key, entries.map(([, value]) => value)]));
}
