import type { IncomingMessage } from "node:http";
import { type RequestOptions, request as httpsRequest } from "node:https";
import type { ApiResponse } from "../../../api/exchange.ts";
import { badRequest, internalError, invalid, StatusError } from "../../../api/status/errors.ts";
import { type FieldError, forbidden, invalid as invalidValue, notSupported } from "../../../api/status/field-error.ts";
import type { Pod } from "../../../api/wire.ts";
import { answerHeaders } from "../../chain/answer.ts";
import type { RequestContext } from "../../chain/context.ts";
import { wantsWebSocket } from "../../chain/websocket.ts";
import { bytesOverWebSocket } from "../../chain/websocket-stream.ts";
import type { Query } from "../../chain/query.ts";
import { parseInteger } from "../../registry/delete-options.ts";
import { getObject } from "../../registry/get.ts";
import type { Registry } from "../../registry/registry.ts";
import type { ServedKind } from "../../registry/served-kind.ts";
import type { NodeClient } from "./node-client.ts";
import { agentPath, containerOf } from "./pod-target.ts";

const FLAGS = ["follow", "previous", "timestamps"];
const NUMBERS = ["sinceSeconds", "tailLines", "limitBytes"];
const STREAMS = ["All", "Stdout", "Stderr"];
const MAX_ERROR_BYTES = 2_048;

/** GET pods/NAME/log: what the node's agent has, as it comes. */
export async function podLog(registry: Registry, nodes: NodeClient, kind: ServedKind, context: RequestContext): Promise<ApiResponse> {
  const { info, request } = context;
  const query = logQuery(info.query);
  const pod = (await getObject(registry, kind, info.namespace, info.name, undefined)).object() as Pod;
  const container = containerOf(pod, info.query.get("container") ?? "");
  const headers = answerHeaders(context, "text/plain");
  // A pod without a node has said nothing yet: no content, and so no type of it.
  if (!pod.spec?.nodeName) return { status: 204, headers: { "cache-control": "no-cache, private" }, body: { type: "none" } };
  const path = agentPath("containerLogs", info.namespace, info.name, container) + query;
  const answer = await get(await nodes.options(pod.spec.nodeName, path, false), request.signal);
  const status = answer.statusCode ?? 500;
  if (status < 200 || status > 206) throw await refusal(status, answer, info.name);
  const chunks = answer as AsyncIterable<Uint8Array>;
  return wantsWebSocket(request) ? bytesOverWebSocket(request, chunks) : { status: 200, headers, body: { type: "stream", chunks } };
}

/** The query for the agent, checked. @throws StatusError 400, 422 */
function logQuery(query: Query): string {
  const errors: FieldError[] = [];
  const parts: string[] = FLAGS.filter((flag) => query.flag(flag)).map((flag) => `${flag}=true`);
  for (const name of NUMBERS) {
    const text = query.get(name);
    if (text === undefined || text === "") continue;
    const value = parseInteger(text);
    const least = name === "tailLines" ? 0 : 1;
    if (value < least) errors.push(invalidValue(name, value, least === 0 ? "must be greater than or equal to 0" : "must be greater than 0"));
    parts.push(`${name}=${value}`);
  }
  const since = query.get("sinceTime");
  if (since !== undefined && since !== "") {
    if (Number.isNaN(Date.parse(since))) throw badRequest(`parsing time ${JSON.stringify(since)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(since)} as "2006"`);
    if (query.has("sinceSeconds")) errors.push(forbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
    parts.push(`sinceTime=${encodeURIComponent(since)}`);
  }
  const stream = query.get("stream");
  if (stream !== undefined && !STREAMS.includes(stream)) errors.push(notSupported("stream", stream, STREAMS));
  else if (stream !== undefined && stream !== "All") {
    if (query.has("tailLines")) errors.push(forbidden("tailLines", "`tailLines` and specific `stream` are mutually exclusive for now"));
    parts.push(`stream=${stream}`);
  }
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, "", errors);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function get(options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(options, resolve);
    const stop = () => request.destroy();
    signal.addEventListener("abort", stop, { once: true });
    request.once("close", () => signal.removeEventListener("abort", stop));
    request.once("error", (error) => reject(internalError(`error dialing backend: ${error.message}`)));
    request.end();
    if (signal.aborted) stop();
  });
}

/** What the agent refused, in Kubernetes' form. */
async function refusal(status: number, answer: IncomingMessage, name: string): Promise<StatusError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ERROR_BYTES) break;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8").trimEnd();
  if (status === 400) return badRequest(text);
  if (status === 500) return internalError(text);
  const message = status === 404 ? `the server could not find the requested resource ( pods/log ${name})` : `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding ( pods/log ${name})`;
  const reason = status === 404 ? "NotFound" : status === 403 ? "Forbidden" : status === 401 ? "Unauthorized" : "InternalError";
  return new StatusError({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details: { name, kind: "pods/log", causes: [{ reason: "UnexpectedServerResponse", message: text }] }, code: status });
}
