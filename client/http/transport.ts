import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { ApiResponse } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import { HttpAgent, httpRequest } from "../../lib/http.ts";
import { ConnectionError } from "../client.ts";
import type { Connection } from "../kubeconfig.ts";
import { collect, isErrorStatus } from "../response.ts";
import type { TransportRequest } from "../rest-client.ts";
import { Credentials } from "./credentials.ts";
import { tlsOptions } from "./tls-options.ts";

export interface HttpTransportOptions {
  readonly clock: Clock;
  readFile(path: string): Promise<string>;
  readonly timeout_ms?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** Sockets to one server, watches included. */
const MAX_SOCKETS = 1024;
const MAX_FREE_SOCKETS = 8;
/** First TCP keep-alive probe, so that a server that vanished is noticed under an idle watch. */
const TCP_KEEP_ALIVE_MS = 15_000;

/** Requests over node:https with kept-alive sockets; goes on with the next server when the current one cannot be reached. */
export class HttpTransport {
  readonly #servers: readonly URL[];
  readonly #agent: Agent;
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #timeout_ms: number;
  /** Streams that are open, by server: when another server takes over, those of the lost one end. */
  readonly #streams = new Map<URL, Set<IncomingMessage>>();
  #current = 0;
  #closed = false;

  /** @throws Error when no server is given or one is not an http(s) URL */
  constructor(connection: Connection, options: HttpTransportOptions) {
    if (connection.servers.length === 0) throw new Error("the connection names no server");
    this.#servers = connection.servers.map((server) => new URL(server));
    const agentOptions = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_FREE_SOCKETS };
    const secure = this.#servers[0]?.protocol === "https:";
    this.#agent = secure ? new HttpsAgent({ ...agentOptions, ...tlsOptions(connection) }) : new HttpAgent(agentOptions);
    this.#credentials = new Credentials(connection, options.clock, options.readFile);
    this.#clock = options.clock;
    this.#timeout_ms = options.timeout_ms ?? DEFAULT_TIMEOUT_MS;
  }

  /** @throws ConnectionError; the signal's reason when it aborts */
  async send(request: TransportRequest): Promise<ApiResponse> {
    const headers = { ...(request.headers as OutgoingHttpHeaders), ...(await this.#credentials.headers()) };
    const body = bodyBytes(request);
    if (body !== undefined) headers["content-length"] = body.length;
    const attempts = this.#servers.length + 1;
    for (let attempt = 1; ; attempt++) {
      const index = this.#current;
      try {
        const response = await this.#attempt(request, this.#serverAt(index), headers, body);
        if (!refusedUntouched(request, response) || this.#servers.length < 2 || attempt >= this.#servers.length) return response;
        this.#leave(index);
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        if (this.#closed || !(error instanceof ConnectionError)) throw error;
        this.#leave(index);
        const harmless = request.method === "GET" || request.method === "HEAD" || !error.outcomeUnknown;
        const worthIt = this.#servers.length > 1 || error.outcomeUnknown;
        if (!harmless || !worthIt || attempt >= attempts) throw error;
      }
    }
  }

  /** Ends all sockets; what is under way fails. */
  close(): void {
    this.#closed = true;
    for (const streams of this.#streams.values()) for (const stream of streams) stream.destroy();
    this.#agent.destroy();
  }

  #serverAt(index: number): URL {
    const server = this.#servers[index % this.#servers.length];
    if (server === undefined) throw new Error("no server");
    return server;
  }

  /** Turns to the next server, unless another request has already done so. */
  #leave(index: number): void {
    if (index !== this.#current || this.#servers.length < 2) return;
    this.#current = (index + 1) % this.#servers.length;
    for (const stream of this.#streams.get(this.#serverAt(index)) ?? []) stream.destroy(new Error("the server no longer answers"));
  }

  async #attempt(request: TransportRequest, server: URL, headers: OutgoingHttpHeaders, body: Uint8Array | undefined): Promise<ApiResponse> {
    const deadline = new Deadline(this.#clock, request.timeout_ms ?? this.#timeout_ms, request.signal);
    let reached = false;
    try {
      const message = await this.#exchange(request, server, headers, body, deadline.signal, () => {
        reached = true;
      });
      const response = { status: message.statusCode ?? 0, headers: cleanHeaders(message) };
      if (response.status === 401) this.#credentials.expire();
      if (request.streaming && !isErrorStatus(response.status)) return { ...response, body: { type: "stream", chunks: this.#stream(server, message, request.signal) } };
      return { ...response, body: { type: "bytes", bytes: await collect({ type: "stream", chunks: message }) } };
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      throw connectionError(error, { server, request, reached, late: deadline.passed });
    } finally {
      deadline.clear();
    }
  }

  /** Resolves with the answer's headers. `onReached`: from here on the server may have seen the request. */
  #exchange(
    request: TransportRequest,
    server: URL,
    headers: OutgoingHttpHeaders,
    body: Uint8Array | undefined,
    signal: AbortSignal,
    onReached: () => void,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const secure = server.protocol === "https:";
      const path = server.pathname === "/" ? request.url : server.pathname.replace(/\/$/, "") + request.url;
      const options = { host: server.hostname.replace(/^\[|\]$/g, ""), port: server.port || (secure ? 443 : 80), path, method: request.method, headers, agent: this.#agent };
      const outgoing: ClientRequest = (secure ? httpsRequest : httpRequest)(options, resolve);
      const onAbort = () => outgoing.destroy(new Error("aborted"));
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort, { once: true });
      outgoing.once("close", () => signal.removeEventListener("abort", onAbort));
      outgoing.once("error", reject);
      outgoing.once("socket", (socket: Socket) => {
        if (!socket.connecting && (outgoing.reusedSocket || !secure)) onReached();
        else socket.once(secure ? "secureConnect" : "connect", onReached);
      });
      outgoing.end(body);
    });
  }

  /** The body's chunks; the caller's abort ends them quietly, a lost connection with ConnectionError. */
  async *#stream(server: URL, message: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const streams = this.#streams.get(server) ?? new Set();
    this.#streams.set(server, streams.add(message));
    const onAbort = () => message.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (signal.aborted) return;
      yield* message as AsyncIterable<Uint8Array>;
    } catch (cause) {
      if (signal.aborted) return;
      throw new ConnectionError(`the connection to ${server.origin} broke: ${textOf(cause)}`, { outcomeUnknown: false, cause });
    } finally {
      signal.removeEventListener("abort", onAbort);
      streams.delete(message);
      message.destroy();
    }
  }
}

/** Aborts when the caller does, or when its time is over. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #callerSignal: AbortSignal;
  readonly #timer: { cancel(): void };
  readonly #onAbort = () => this.#controller.abort();
  passed = false;

  constructor(clock: Clock, timeout_ms: number, signal: AbortSignal) {
    this.#callerSignal = signal;
    if (signal.aborted) this.#controller.abort();
    signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#timer = clock.after(timeout_ms, () => {
      this.passed = true;
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    this.#timer.cancel();
    this.#callerSignal.removeEventListener("abort", this.#onAbort);
  }
}

/** The server is going away or cannot serve, and has not done anything: a read, or an answer that says when to come again. */
function refusedUntouched(request: TransportRequest, response: ApiResponse): boolean {
  return response.status === 503 && (request.method === "GET" || response.headers["retry-after"] !== undefined);
}

function bodyBytes(request: TransportRequest): Uint8Array | undefined {
  if (request.body === undefined) return undefined;
  if (request.body.type === "unread") throw new TypeError("a client sends bytes or an object");
  return request.body.type === "bytes" ? request.body.bytes : Buffer.from(JSON.stringify(request.body.object));
}

function cleanHeaders(message: IncomingMessage): Record<string, string | readonly string[]> {
  const given = Object.entries(message.headers).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined);
  return Object.fromEntries(given);
}

function connectionError(cause: unknown, about: { server: URL; request: TransportRequest; reached: boolean; late: boolean }): ConnectionError {
  const { server, request, reached, late } = about;
  const what = late ? "no answer in time" : textOf(cause);
  const message = reached ? `${request.method} at ${server.origin} got no answer: ${what}` : `cannot reach the API server at ${server.origin}: ${what}`;
  return new ConnectionError(message, { outcomeUnknown: reached, cause });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || code || error.name;
}
