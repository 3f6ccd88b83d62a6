import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { ApiRequest, UserInfo } from "../../api/exchange.ts";

/** HTTP/1.1 and HTTP/2 requests look alike to us. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

const BODILESS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** A node request as the API server sees it. `user` is whom the client certificate names. */
export function toApiRequest(request: NodeRequest, user: UserInfo | undefined, signal: AbortSignal): ApiRequest {
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers: headersOf(request),
    ...(user === undefined ? {} : { user }),
    ...(BODILESS.has(request.method ?? "") ? {} : { body: { type: "unread" as const, read: (limit_bytes: number) => readBody(request, limit_bytes) } }),
    signal,
  };
}

/** Node joins repeated headers with commas, which group names may contain: those that decide who somebody is are taken apart again. */
function headersOf(request: NodeRequest): ApiRequest["headers"] {
  if (!Object.keys(request.headers).some((name) => name.startsWith("impersonate-"))) return request.headers;
  const headers: Record<string, string | string[] | undefined> = { ...request.headers };
  for (const name of Object.keys(headers)) if (name.startsWith("impersonate-")) headers[name] = [];
  const raw = request.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (name.startsWith("impersonate-")) (headers[name] as string[]).push(raw[i + 1]!);
  }
  return headers;
}

/** The body, cut off behind `limit_bytes` + 1 bytes. Rejects when the client goes away. */
async function readBody(request: NodeRequest, limit_bytes: number): Promise<Uint8Array> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limit_bytes) return oversized(limit_bytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit_bytes) return oversized(limit_bytes);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

let tooMany: Uint8Array | undefined;

/** One buffer for all bodies that are too large: nobody looks at what is in them. */
function oversized(limit_bytes: number): Uint8Array {
  if (tooMany === undefined || tooMany.length <= limit_bytes) tooMany = new Uint8Array(limit_bytes + 1);
  return tooMany;
}
