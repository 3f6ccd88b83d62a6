import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { pipeline } from "node:stream/promises";
import { connect as tlsConnect } from "node:tls";
import type { Duplex } from "node:stream";
import type { ApiRequest, ApiResponse } from "../../api/exchange.ts";
import { serviceUnavailable, StatusError, untyped } from "../../api/status/errors.ts";
import { httpRequest } from "../../lib/http.ts";
import type { RequestContext } from "../chain/context.ts";
import { dialErrorText } from "./dial-error.ts";
import { answerHeaderFields, forwardedHeaders, isUpgrade, upgradeHeaders } from "./headers.ts";
import { rewriteHtml } from "./rewrite-html.ts";
import { rewriteLocation } from "./rewrite-url.ts";
import type { ProxyTarget } from "./target.ts";
import { takeUpgrade } from "./upgrade.ts";

/**
 * Answers a request with what the target answers: bodies stream both ways at the pace of whoever is slower, an upgrade (WebSocket, SPDY) joins the
 * client with the backend byte by byte, and nothing is kept but the sockets' buffers. `closing` aborts what would otherwise go on for ever.
 * @throws StatusError 503 `error trying to reach service: …` when the backend cannot be reached
 */
export async function proxyRequest(context: Pick<RequestContext, "request">, target: ProxyTarget, closing: AbortSignal): Promise<ApiResponse> {
  const { request } = context;
  const upgrade = request.upgradable === true && isUpgrade(request);
  const answer = await ask(request, target, closing, upgrade);
  if (answer.type === "upgraded") return takeUpgrade(answer.head, answer.socket, answer.rest, closing);
  return present(request, target, answer.head, upgrade);
}

/**
 * Asks the target to upgrade on behalf of a client that speaks something else: gives the connection, or the answer for the client when the target refuses.
 * @throws StatusError as `proxyRequest`
 */
export async function openUpgrade(request: ApiRequest, target: ProxyTarget, closing: AbortSignal): Promise<{ readonly connection: Duplex } | { readonly refused: ApiResponse }> {
  const answer = await ask(request, target, closing, true);
  if (answer.type === "answered") return { refused: present(request, target, answer.head, true) };
  if (answer.rest.length > 0) answer.socket.unshift(answer.rest);
  return { connection: answer.socket };
}

async function ask(request: ApiRequest, target: ProxyTarget, closing: AbortSignal, upgrade: boolean): Promise<Answer> {
  const signal = AbortSignal.any([request.signal, closing]);
  const socket = await connect(target, signal);
  const sent = send(request, target, socket, upgrade);
  const stop = () => sent.destroy();
  signal.addEventListener("abort", stop, { once: true });
  // Who listens to a signal keeps it alive, and an upgraded request has no end of its own.
  for (const over of ["close", "upgrade"]) sent.once(over, () => signal.removeEventListener("abort", stop));
  if (signal.aborted) stop();
  return await answerOf(sent, request, target, upgrade);
}

async function connect(target: ProxyTarget, signal: AbortSignal): Promise<Duplex> {
  try {
    const raw = await target.dial(signal);
    return target.scheme === "https" ? await secure(target, raw) : raw;
  } catch (error) {
    throw unreachable(target, error);
  }
}

/** TLS over the connection; without instructions any certificate will do, as for the pods and services of a cluster. */
function secure(target: ProxyTarget, raw: Duplex): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const host = new URL(`https://${target.authority}`).hostname.replace(/^\[|\]$/g, "");
    const tls = tlsConnect({ socket: raw, host, rejectUnauthorized: false, ...target.tls, ALPNProtocols: ["http/1.1"] });
    const failed = (error: Error) => {
      raw.destroy();
      reject(error);
    };
    tls.once("error", failed);
    tls.once("close", () => failed(new Error("EOF")));
    tls.once("secureConnect", () => {
      tls.off("error", failed);
      resolve(tls);
    });
  });
}

function send(request: ApiRequest, target: ProxyTarget, socket: Duplex, upgrade: boolean): ClientRequest {
  const headers = upgrade ? upgradeHeaders(request, target) : forwardedHeaders(request, target);
  const sent = httpRequest({ method: request.method, path: target.path, headers: headers as OutgoingHttpHeaders, setHost: false, createConnection: () => socket });
  // The connection serves this one request, unless it becomes something else.
  let joined = false;
  sent.once("upgrade", () => {
    joined = true;
  });
  sent.once("close", () => {
    if (!joined) socket.destroy();
  });
  sent.on("error", () => socket.destroy());
  const { body } = request;
  if (upgrade || body === undefined) sent.end();
  else if (body.type === "bytes") sent.end(body.bytes);
  else if (body.type === "object") sent.end(JSON.stringify(body.object));
  // A backend may answer without reading the body; what becomes of the rest is then of no interest.
  else if (body.stream !== undefined) pipeline(body.stream(), sent).catch(() => sent.destroy());
  else sent.end();
  return sent;
}

type Answer = { readonly type: "upgraded"; readonly head: IncomingMessage; readonly socket: Duplex; readonly rest: Buffer } | { readonly type: "answered"; readonly head: IncomingMessage };

function answerOf(sent: ClientRequest, request: ApiRequest, target: ProxyTarget, upgrade: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once("response", (head) => resolve({ type: "answered", head }));
    sent.once("upgrade", (head, socket, rest) => {
      if (upgrade) return resolve({ type: "upgraded", head, socket, rest });
      socket.destroy();
      reject(untyped(502, "the backend switched protocols without being asked to"));
    });
    sent.once("error", (error) => reject(request.signal.aborted ? error : unreachable(target, error)));
    sent.once("close", () => reject(unreachable(target, new Error("EOF"))));
  });
}

const REDIRECT_REFUSED = "the backend attempted to redirect this request, which is not permitted";

function present(request: ApiRequest, target: ProxyTarget, head: IncomingMessage, upgrade: boolean): ApiResponse {
  const status = head.statusCode ?? 502;
  if (upgrade && status < 400) {
    head.destroy();
    throw untyped(500, `invalid upgrade response: status code ${status}`);
  }
  const headers = answerHeaderFields(head, target);
  const { location } = head.headers;
  if (location !== undefined && target.refuseRedirects === true && status >= 300 && status <= 399) {
    head.destroy();
    return { status: 502, headers: { "cache-control": "no-cache, private", "content-type": "text/plain; charset=utf-8" }, body: { type: "bytes", bytes: Buffer.from(REDIRECT_REFUSED) } };
  }
  if (location !== undefined && target.prefix !== undefined) headers["location"] = rewriteLocation(location, { prefix: target.prefix, authority: target.authority, asked: hostOf(request) });
  if (request.method === "HEAD") head.resume();
  const html = target.prefix === undefined || request.method === "HEAD" ? undefined : rewriteHtml(head, { prefix: target.prefix, authority: target.authority, asked: hostOf(request) });
  if (html !== undefined) {
    delete headers["content-length"];
    delete headers["content-encoding"];
  }
  return { status, headers, body: { type: "stream", chunks: (html ?? head) as AsyncIterable<Uint8Array> } };
}

/** The host that the client asked, by its Host header. */
function hostOf(request: ApiRequest): string {
  const host = request.headers["host"] ?? request.headers[":authority"];
  return typeof host === "string" ? host : "";
}

function unreachable(target: ProxyTarget, error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const what = dialErrorText(target.authority, error);
  return target.unreachable?.(what) ?? serviceUnavailable(`error trying to reach service: ${what}`);
}
