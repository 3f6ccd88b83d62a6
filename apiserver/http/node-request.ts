import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { ApiRequest, UserInfo } from "../../api/exchange.ts";
import { asksToImpersonate } from "../auth/impersonation.ts";

/** HTTP/1.1 and HTTP/2 requests look alike to us. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

const BODILESS = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** A node request as the API server sees it. The signal is made only for those who look at it: most answers are sent before anybody does. */
export class IncomingRequest implements ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: ApiRequest["headers"];
  readonly user?: UserInfo;
  readonly body?: NonNullable<ApiRequest["body"]>;
  readonly upgradable: boolean;
  /** No byte of a body will come: the request is whole, though Node says so only after it has told us of it. */
  readonly isWhole: boolean;
  readonly #request: NodeRequest;
  #gone = false;
  #passedOn = false;
  #controller: AbortController | undefined;

  /** `user` is whom the client certificate names. */
  constructor(request: NodeRequest, user: UserInfo | undefined, upgradable = false) {
    this.#request = request;
    this.method = request.method ?? "GET";
    this.url = request.url ?? "/";
    this.headers = headersOf(request);
    this.upgradable = upgradable;
    this.isWhole = request.httpVersionMajor === 1 && !announcesBody(request);
    if (user !== undefined) this.user = user;
    // What follows an upgrade's head belongs to the protocol that it asks for.
    if (!upgradable && (!BODILESS.has(this.method) || hasBody(request))) this.body = { type: "unread", read: (limit_bytes) => (this.isWhole ? Promise.resolve(NOTHING) : readBody(request, limit_bytes)), stream: () => this.#passOn(request) };
  }

  /** The body goes to a backend as it comes: it may take as long as it likes. */
  get passedOn(): boolean {
    return this.#passedOn;
  }

  #passOn(request: NodeRequest): AsyncIterable<Uint8Array> {
    this.#passedOn = true;
    return this.isWhole ? nothing() : (request as AsyncIterable<Uint8Array>);
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket?.remoteAddress;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#gone) this.#controller.abort(GONE);
    return this.#controller.signal;
  }

  /** The client is gone, or has all that it asked for. */
  end(): void {
    this.#gone = true;
    this.#controller?.abort(GONE);
  }

  get ended(): boolean {
    return this.#gone;
  }
}

const NOTHING = new Uint8Array();

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** A GET may have a body too; only proxies look at it. */
function hasBody(request: NodeRequest): boolean {
  return announcesBody(request) && request.headers["content-length"] !== "0";
}

function announcesBody({ headers }: NodeRequest): boolean {
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

const GONE = new Error("the client is gone");

/** Node joins repeated headers with commas, which group names may contain: those that decide who somebody is are taken apart again. */
function headersOf(request: NodeRequest): ApiRequest["headers"] {
  if (!asksToImpersonate(request)) return request.headers;
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
    request.on("end", () => resolve(size > limit_bytes ? oversized(limit_bytes) : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    request.on("error", reject);
    request.on("close", () => {
      if (!request.complete) reject(INCOMPLETE);
    });
  });
}

const INCOMPLETE = new Error("the client closed the connection before its request was complete");

let tooMany: Uint8Array | undefined;

/** One buffer for all bodies that are too large: nobody looks at what is in them. */
function oversized(limit_bytes: number): Uint8Array {
  if (tooMany === undefined || tooMany.length <= limit_bytes) tooMany = new Uint8Array(limit_bytes + 1);
  return tooMany;
}
