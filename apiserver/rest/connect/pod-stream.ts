import type { ApiResponse } from "../../../api/exchange.ts";
import { badRequest, internalError } from "../../../api/status/errors.ts";
import type { Pod } from "../../../api/wire.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import { accessRequestOf, forbiddenError } from "../../auth/authorizer.ts";
import type { RequestContext } from "../../chain/context.ts";
import { proxyRequest } from "../../proxy/reverse-proxy.ts";
import { getObject } from "../../registry/get.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ServedKind } from "../../registry/served-kind.ts";
import type { NodeClient } from "./node-client.ts";
import { agentTarget } from "./node-target.ts";
import { agentPath, containerOf } from "./pod-target.ts";
import { answerTunnel, tunnelProtocol } from "./tunnel.ts";

export interface StreamParts {
  readonly registry: Registry;
  readonly nodes: NodeClient;
  readonly authorizer: Authorizer;
  readonly logger: Logger;
}

/** exec, attach and portforward: the client's connection is joined to one with the node's agent, byte by byte, whatever protocol they speak. */
export async function podStream(parts: StreamParts, kind: ServedKind, context: RequestContext): Promise<ApiResponse> {
  const { info, request, user } = context;
  const { registry } = parts;
  if (info.method === "GET") {
    // A WebSocket always begins with GET: it must not need less than the POST that it replaces (Kubernetes 1.35).
    const access = { ...accessRequestOf(user, info), verb: "create" };
    const decision = await parts.authorizer.authorize(access);
    if (decision.verdict !== "allow") throw forbiddenError(access, decision.reason);
  }
  const pod = (await getObject(registry, kind, info.namespace, info.name, undefined)).object() as Pod;
  const { dryRun, now_ms, warnings } = { dryRun: false, ...context };
  const admission = { operation: "CONNECT" as const, kind, subresource: info.subresource, namespace: info.namespace, name: info.name, user, dryRun, now_ms, warnings };
  await registry.admission.admit(admission);
  await registry.admission.validate(admission);
  const path = streamPath(pod, context);
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${info.name} does not have a host assigned`);
  if (request.upgradable !== true) throw badRequest("Upgrade request required");
  const agent = await agentTarget(parts.nodes, nodeName);
  const target = { ...agent, path, host: agent.authority, unreachable: (what: string) => internalError(`error dialing backend: ${what}`) };
  if (info.subresource === "portforward" && tunnelProtocol(request) !== undefined) return await answerTunnel(request, target, registry.closing);
  return await proxyRequest(context, target, registry.closing);
}

/** The agent's path and query for what the client asks. @throws StatusError 400 */
function streamPath(pod: Pod, context: RequestContext): string {
  const { query, namespace, name, subresource } = context.info;
  if (subresource === "portforward") {
    const ports = query.all("ports");
    return agentPath("portForward", namespace, name) + (ports.length === 0 ? "" : `?port=${encodeURIComponent(ports.join(","))}`);
  }
  const container = containerOf(pod, query.get("container") ?? "");
  const parameters: string[] = [];
  const flags: [string, string][] = [["stdin", "input"], ["stdout", "output"], ["stderr", "error"], ["tty", "tty"]];
  for (const [ours, theirs] of flags) if (query.flag(ours)) parameters.push(`${theirs}=1`);
  const command = query.all("command");
  if (subresource === "exec" && command.length === 0) throw badRequest("you must specify at least 1 command for the container");
  if (!flags.slice(0, 3).some(([ours]) => query.flag(ours))) throw badRequest("you must specify at least one of stdin, stdout, stderr");
  if (subresource === "exec") for (const word of command) parameters.push(`command=${encodeURIComponent(word)}`);
  return `${agentPath(subresource, namespace, name, container)}?${parameters.join("&")}`;
}
