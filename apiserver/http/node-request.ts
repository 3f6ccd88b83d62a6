import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { ApiRequest, UserInfo } from "../../api/exchange.ts";

/** HTTP/1.1 and HTTP/2 requests look alike to us. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

const BODILESS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** A node request as the API server sees it. `user` is whom the client certificate names. */
export function toApiRequest(request: NodeRequest, user: UserInfo | undefined, signal: AbortSignal, upgradable = false): ApiRequest {
  return {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    headers: headersOf(request),
    ...(user === undefined ? {} : { user }),
    ...(BODILESS.has(request.method ?? "") ? {} : { body: { type: "unread" as const, read: (limit_bytes: number) => readBody(request, limit_bytes) } }),
    signal,
    ...(upgradable ? { upgradable } : {}),
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

/** The body; of one that is too large only the fact, while the rest of it is read and thrown away. Rejects when the client goes away. */
function readBody(request: NodeRequest, limit_bytes: number): Promise<Uint8Array> {
  if (Number(request.headers["content-length"] ?? 0) > limit_bytes) {
    request.resume();
    return Promise.resolve(oversized(limit_bytes));
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit_bytes) chunks.push(chunk);
      else if (chunks.length > 0) {
        chunks = [];
        resolve(oversized(limit_bytes));
      }
    });
    request.once("end", () => resolve(size > limit_bytes ? oversized(limit_bytes) : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the client closed the connection before its request was complete")));
  });
}

let tooMany: Uint8Array | undefined;

/** One buffer for all bodies that are too large: nobody looks at what is in them. */
function oversized(limit_bytes: number): Uint8Array {
  if (tooMany === undefined || tooMany.length <= limit_bytes) tooMany = new Uint8Array(limit_bytes + 1);
  return tooMany;
}
