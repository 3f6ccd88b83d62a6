import { posix } from "node:path";
import type { ApiResponse } from "../../../api/exchange.ts";
import { badRequest } from "../../../api/status/errors.ts";
import type { Pod } from "../../../api/wire.ts";
import { answerHeaders } from "../../chain/answer.ts";
import type { RequestContext } from "../../chain/context.ts";
import { dialPod, type PodAddress } from "../../proxy/node-tunnel.ts";
import { joinHostPort, parseProxyName, type ProxyName, requireProxyable } from "../../proxy/proxyable.ts";
import { parseNumber } from "../../proxy/port.ts";
import { proxyRequest } from "../../proxy/reverse-proxy.ts";
import { pickEndpoint } from "../../proxy/service-endpoint.ts";
import type { ProxyTarget } from "../../proxy/target.ts";
import { getObject } from "../../registry/get.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ServedKind } from "../../registry/served-kind.ts";
import type { NodeClient } from "./node-client.ts";
import { agentTarget, dialHost } from "./node-target.ts";

export interface ProxyParts {
  readonly registry: Registry;
  readonly nodes: NodeClient;
}

type Destination = Omit<ProxyTarget, "path" | "prefix">;
type Resolver = (parts: ProxyParts, kind: ServedKind, context: RequestContext, asked: ProxyName) => Promise<Destination>;

/** `pods/NAME/proxy/…`: what the pod serves. */
export const podProxy = (parts: ProxyParts, kind: ServedKind, context: RequestContext): Promise<ApiResponse> => proxy(parts, kind, context, "pod", toPod);
/** `services/NAME/proxy/…`: what one of the Service's ready pods serves. */
export const serviceProxy = (parts: ProxyParts, kind: ServedKind, context: RequestContext): Promise<ApiResponse> => proxy(parts, kind, context, "service", toService);
/** `nodes/NAME/proxy/…`: what the node's agent serves, or with a port whatever listens there on the node. */
export const nodeProxy = (parts: ProxyParts, kind: ServedKind, context: RequestContext): Promise<ApiResponse> => proxy(parts, kind, context, "node", toNode);

async function proxy(parts: ProxyParts, kind: ServedKind, context: RequestContext, what: string, resolve: Resolver): Promise<ApiResponse> {
  const { info, user, request } = context;
  const { registry } = parts;
  const admission = { operation: "CONNECT" as const, kind, subresource: info.subresource, namespace: info.namespace, name: info.name, user, dryRun: false, now_ms: context.now_ms, warnings: context.warnings };
  await registry.admission.admit(admission);
  await registry.admission.validate(admission);
  const asked = parseProxyName(info.name);
  if (asked === undefined) throw badRequest(`invalid ${what} request ${JSON.stringify(info.name)}`);
  const destination = await resolve(parts, kind, context, asked);
  const { prefix, path, query } = splitPath(request.url, info);
  if (path === "" && (info.method === "GET" || info.method === "HEAD") && request.upgradable !== true) {
    // Relative links of the backend's first page would lead beside it.
    return { status: 301, headers: { ...answerHeaders(context, "text/plain"), location: `${prefix}/${query}` }, body: { type: "none" } };
  }
  return await proxyRequest(context, { ...destination, path: `${path === "" ? "/" : path}${query}`, prefix }, registry.closing);
}

async function toPod({ registry, nodes }: ProxyParts, kind: ServedKind, context: RequestContext, asked: ProxyName): Promise<Destination> {
  const { namespace } = context.info;
  const pod = (await getObject(registry, kind, namespace, asked.name, undefined)).object() as Pod;
  const ip = pod.status?.podIPs?.[0]?.ip ?? "";
  requireProxyable(ip);
  const port = asked.port === "" ? firstPort(pod) : parseNumber(asked.port);
  const defaulted = port ?? (asked.scheme === "https" ? 443 : 80);
  if (asked.port !== "" && (port === undefined || port < 1 || port > 65_535)) throw badRequest(`invalid pod request ${JSON.stringify(context.info.name)}: ${JSON.stringify(asked.port)} is not a port`);
  const nodeName = pod.spec?.nodeName;
  if (nodeName === undefined) throw badRequest("address not allowed");
  return destination(nodes, asked, { nodeName, namespace, pod: asked.name, uid: pod.metadata.uid ?? "", ip, port: defaulted });
}

/** Of the pod's containers the first that names a port. */
function firstPort(pod: Pod): number | undefined {
  return pod.spec?.containers.find((container) => (container.ports ?? []).length > 0)?.ports?.[0]?.containerPort;
}

async function toService({ registry, nodes }: ProxyParts, _kind: ServedKind, context: RequestContext, asked: ProxyName): Promise<Destination> {
  const { namespace, name } = context.info;
  const address = await pickEndpoint(registry, namespace, asked.name, asked.port, name);
  requireProxyable(address.ip);
  return destination(nodes, asked, address);
}

function destination(nodes: NodeClient, asked: ProxyName, address: PodAddress): Destination {
  return { scheme: asked.scheme, authority: joinHostPort(address.ip, address.port), dial: (signal) => dialPod(nodes, address, signal) };
}

async function toNode({ registry, nodes }: ProxyParts, kind: ServedKind, _context: RequestContext, asked: ProxyName): Promise<Destination> {
  await getObject(registry, kind, "", asked.name, undefined);
  const agent = await agentTarget(nodes, asked.name);
  const { hostname, port: agentPort } = new URL(`https://${agent.authority}`);
  if (asked.port === "" || asked.port === agentPort) return agent;
  const port = parseNumber(asked.port);
  if (port === undefined || port < 1 || port > 65_535) throw badRequest(`invalid node request ${JSON.stringify(`${asked.name}:${asked.port}`)}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  requireProxyable(host);
  return { scheme: asked.scheme, authority: joinHostPort(host, port), dial: (signal) => dialHost(host, port, signal) };
}

/** Our path up to `/proxy`, what follows as the client escaped it (dot segments resolved, so that it stays below), and the query with its question mark. */
function splitPath(url: string, info: RequestContext["info"]): { prefix: string; path: string; query: string } {
  const question = url.indexOf("?");
  const raw = question < 0 ? url : url.slice(0, question);
  // Segments before the backend's own: an escaped slash counts as one, as it did when the path was taken apart.
  const segments = info.path.split("/").length - (info.parts.length - 3) - (info.path.endsWith("/") ? 1 : 0);
  let at = 0;
  for (let seen = 0; at < raw.length; at++) {
    const slash = raw[at] === "/" || /^%2f/i.test(raw.slice(at, at + 3));
    if (slash && ++seen === segments) break;
  }
  const rest = raw.slice(at);
  const normal = rest === "" ? "" : posix.normalize(rest.replaceAll(/%2e/gi, "."));
  return { prefix: raw.slice(0, at), path: normal, query: question < 0 ? "" : url.slice(question) };
}
