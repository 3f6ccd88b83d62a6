import type { IncomingMessage } from "node:http";
import { type RequestOptions, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { ApiResponse } from "../../../api/exchange.ts";
import { badRequest } from "../../../api/status/errors.ts";
import type { Pod } from "../../../api/wire.ts";
import type { Logger } from "../../../lib/logger.ts";
import type { Authorizer } from "../../auth/authorizer.ts";
import { accessRequestOf, forbiddenError } from "../../auth/authorizer.ts";
import { answerHeaders } from "../../chain/answer.ts";
import type { RequestContext } from "../../chain/context.ts";
import { getObject } from "../../registry/get.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ServedKind } from "../../registry/served-kind.ts";
import type { NodeClient } from "./node-client.ts";
import { agentPath, containerOf } from "./pod-target.ts";

/** Headers of the client that the agent gets: those that make an upgrade, none that say who somebody is. */
const FORWARDED = /^(?:connection|upgrade|sec-websocket-.*|x-stream-protocol-version)$/;
const DIAL_TIMEOUT_MS = 10_000;

export interface StreamParts {
  readonly registry: Registry;
  readonly nodes: NodeClient;
  readonly authorizer: Authorizer;
  readonly logger: Logger;
}

/** exec, attach and portforward: the client's connection is joined to one with the node's agent, byte by byte. */
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
  const options = await parts.nodes.options(nodeName, path, false);
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name, value]) => value !== undefined && FORWARDED.test(name))) as Record<string, string | string[]>;
  const take = (connection: Duplex, head: Uint8Array) => join(parts, connection, head, { ...options, method: info.method, headers: { ...headers, host: `${options.host}:${options.port}` } });
  return { status: 101, headers: answerHeaders(context, "text/plain"), body: { type: "upgrade", take } };
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

/** Asks the agent to upgrade; its answer goes to the client as it is, and on success all bytes after it both ways. */
function join(parts: StreamParts, client: Duplex, head: Uint8Array, options: RequestOptions): void {
  const request = httpsRequest(options);
  const closing = parts.registry.closing;
  const stop = () => {
    request.destroy();
    client.destroy();
  };
  closing.addEventListener("abort", stop, { once: true });
  client.once("close", () => {
    closing.removeEventListener("abort", stop);
    request.destroy();
  });
  client.on("error", stop);
  request.setTimeout(DIAL_TIMEOUT_MS, () => request.destroy(new Error("the node's agent does not answer")));
  request.once("upgrade", (answer: IncomingMessage, agent: Duplex & { setTimeout?(ms: number): void }, agentHead: Buffer) => {
    agent.setTimeout?.(0);
    client.write(answerHead(answer));
    if (agentHead.length > 0) client.write(agentHead);
    if (head.length > 0) agent.write(head);
    agent.on("error", stop);
    agent.once("close", () => client.end());
    client.once("close", () => agent.destroy());
    agent.pipe(client);
    client.pipe(agent);
  });
  request.once("response", (answer) => {
    // Refused: the connection is in no defined state afterwards, so it serves nothing else.
    client.write(answerHead(answer, { connection: "close" }));
    answer.pipe(client);
  });
  request.once("error", (error) => {
    parts.logger.debug({ err: error }, "stream to a node's agent failed");
    if (client.writable) client.end(plainRefusal(500, `error dialing backend: ${error.message}`));
  });
  request.end();
}

function answerHead(answer: IncomingMessage, replaced: Readonly<Record<string, string>> = {}): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage ?? ""}`];
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    const name = answer.rawHeaders[i]!;
    const lower = name.toLowerCase();
    if (!Object.hasOwn(replaced, lower) && lower !== "transfer-encoding" && lower !== "keep-alive") lines.push(`${name}: ${answer.rawHeaders[i + 1]}`);
  }
  for (const [name, value] of Object.entries(replaced)) lines.push(`${name}: ${value}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function plainRefusal(status: number, message: string): string {
  const body = `${JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: "InternalError", code: status })}\n`;
  return `HTTP/1.1 ${status} Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
