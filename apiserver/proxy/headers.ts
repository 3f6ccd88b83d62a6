import type { IncomingMessage } from "node:http";
import type { ApiRequest } from "../../api/exchange.ts";
import { offeredProtocols } from "../chain/websocket.ts";
import type { ProxyTarget } from "./target.ts";

/** Headers of one hop (RFC 9110 §7.6.1): they say how this connection works, not what the message is. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"]);
/** What says who the client is: it was for us, and stays here. */
const CREDENTIALS = /^(?:authorization|impersonate-.*|x-remote-.*)$/;
/** A backend must not let other sites read what lies behind the API server's address. */
const CROSS_ORIGIN = new Set(["access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin"]);
type Headers = Record<string, string | readonly string[]>;

/** The client wants to leave HTTP. */
export function isUpgrade(request: ApiRequest): boolean {
  return tokensOf(request.headers["connection"]).includes("upgrade") && request.headers["upgrade"] !== undefined;
}

/** The client's headers for the backend. */
export function forwardedHeaders(request: ApiRequest, target: ProxyTarget): Headers {
  const named = new Set(tokensOf(request.headers["connection"]));
  const headers: Headers = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(":") || HOP_BY_HOP.has(name) || named.has(name) || CREDENTIALS.test(name)) continue;
    headers[name] = value;
  }
  const authority = request.headers[":authority"];
  if (headers["host"] === undefined && typeof authority === "string") headers["host"] = authority;
  headers["host"] = target.host ?? headers["host"] ?? target.authority;
  if (request.headers["te"] === "trailers") headers["te"] = "trailers";
  // Of a body whose length nobody said the end is told by chunks.
  if (request.headers["transfer-encoding"] !== undefined) headers["transfer-encoding"] = "chunked";
  forwardedFor(request, headers);
  if (target.prefix !== undefined) headers["x-forwarded-uri"] = forwardedUri(target);
  return replaced(headers, target);
}

/** The same for a request that upgrades: what makes the upgrade stays. */
export function upgradeHeaders(request: ApiRequest, target: ProxyTarget): Headers {
  const headers = forwardedHeaders(request, target);
  delete headers["x-forwarded-uri"];
  headers["connection"] = "Upgrade";
  headers["upgrade"] = text(request.headers["upgrade"]);
  // Older streaming servers read one protocol from each line.
  const streams = request.headers["x-stream-protocol-version"];
  if (streams !== undefined) headers["x-stream-protocol-version"] = text(streams).split(",").map((protocol) => protocol.trim());
  if (request.headers["sec-websocket-protocol"] !== undefined) {
    const kept = offeredProtocols(request);
    if (kept.length > 0) headers["sec-websocket-protocol"] = kept.join(", ");
    else delete headers["sec-websocket-protocol"];
  }
  return headers;
}

/** The backend's headers for the client. */
export function answerHeaderFields(head: IncomingMessage, target: ProxyTarget): Headers {
  const named = new Set(tokensOf(head.headers.connection));
  const headers: Headers = { "cache-control": "no-cache, private" };
  for (const [name, values] of Object.entries(head.headersDistinct)) {
    if (values === undefined || HOP_BY_HOP.has(name) || named.has(name) || (target.prefix !== undefined && CROSS_ORIGIN.has(name))) continue;
    headers[name] = values.length === 1 ? values[0]! : values;
  }
  return headers;
}

function replaced(headers: Headers, target: ProxyTarget): Headers {
  for (const [name, value] of Object.entries(target.headers ?? {})) {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  }
  return headers;
}

function forwardedFor(request: ApiRequest, headers: Headers): void {
  const address = request.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
  if (address === undefined) return;
  const before = request.headers["x-forwarded-for"];
  headers["x-forwarded-for"] = before === undefined ? address : `${text(before)}, ${address}`;
}

function forwardedUri(target: ProxyTarget): string {
  const question = target.path.indexOf("?");
  return `${target.prefix}${question < 0 ? target.path : target.path.slice(0, question)}`;
}

function tokensOf(value: string | readonly string[] | undefined): string[] {
  return value === undefined ? [] : text(value).toLowerCase().split(",").map((token) => token.trim());
}

function text(value: string | readonly string[] | undefined): string {
  return value === undefined ? "" : typeof value === "string" ? value : value.join(", ");
}
