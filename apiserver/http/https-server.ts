import { constants, createSecureServer, type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ApiHandler, ApiResponse } from "../../api/exchange.ts";
import { badRequest, methodNotAllowed, untyped } from "../../api/status/errors.ts";
import type { Clock } from "../../lib/clock.ts";
import { STATUS_CODES } from "../../lib/http.ts";
import type { Logger } from "../../lib/logger.ts";
import { when } from "../../lib/when.ts";
import type { KeyPair } from "../auth/pki.ts";
import { Connections } from "./connections.ts";
import { IncomingRequest, type NodeRequest, type NodeResponse } from "./node-request.ts";
import { isAtOnce, sendResponse, sendWhole } from "./node-response.ts";

export interface HttpsServerOptions {
  readonly handler: ApiHandler;
  readonly serving: KeyPair;
  /** Signs the clients' certificates, PEM. */
  readonly clientCa: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** HTTP/1.1 and HTTP/2 over TLS on one port. */
export interface HttpsServer {
  /** The port: the one asked for, or a free one for 0. @throws the system's error (EADDRINUSE, EACCES) */
  listen(host: string, port: number): Promise<number>;
  /** Takes on a renewed serving certificate for new connections. */
  setServingCertificate(serving: KeyPair): void;
  /** No new connections; requests in flight may finish within `grace_ms`, then all is cut. */
  close(grace_ms: number): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 20_000;
/** A whole request, its body included, unless the body goes on to a backend. Ours and not Node's, which knows no such difference and does not look at HTTP/2. */
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 180_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 64 << 10;
const MAX_CONNECTIONS = 20_000;
const MAX_STREAMS_PER_CONNECTION = 250;
/** What Node holds for one HTTP/2 connection before it refuses streams: clients put all their lists and watches on one. */
const MAX_SESSION_MIB = 64;

export function createHttpsServer(options: HttpsServerOptions): HttpsServer {
  const server = createSecureServer({
    ...tlsOf(options.serving),
    ca: options.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    allowHTTP1: true,
    // As node:https does: a watch's event never waits for the acknowledgement of the one before it.
    noDelay: true,
    maxHeaderSize: MAX_HEADER_BYTES,
    maxSessionMemory: MAX_SESSION_MIB,
    settings: { maxConcurrentStreams: MAX_STREAMS_PER_CONNECTION, maxHeaderListSize: MAX_HEADER_BYTES },
  } as Parameters<typeof createSecureServer>[0]);
  const state = new Connections(server);
  const serve = makeServe(options, state);
  // Requests of both versions look alike to what follows: no web framework stands between (docs/decisions/0005).
  server.on("request", (request: Http2ServerRequest, response: Http2ServerResponse) => serve(request, response));
  server.on("upgrade", makeUpgrade(options, state));
  server.on("clientError", refuseMalformed);
  server.on("tlsClientError", (error) => options.logger.debug({ err: error }, "TLS handshake failed"));
  server.on("sessionError", (error) => options.logger.debug({ err: error }, "HTTP/2 session failed"));
  Object.assign(server, { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS, maxConnections: MAX_CONNECTIONS });
  return {
    listen: (host, port) => listen(server, host, port),
    setServingCertificate: (serving) => server.setSecureContext({ ...tlsOf(serving), ca: options.clientCa, minVersion: "TLSv1.2" }),
    close: (grace_ms) => state.close(grace_ms, options.clock),
  };
}

/** What Node's parser refuses before it is a request: a method that it does not know is a 405 as any other. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const refusal = error.code === "HPE_INVALID_METHOD" ? methodNotAllowed() : error.code === "HPE_HEADER_OVERFLOW" ? untyped(431, "Request Header Fields Too Large") : badRequest("400 Bad Request");
  const body = `${JSON.stringify(refusal.status)}\n`;
  socket.end(`HTTP/1.1 ${refusal.code} ${STATUS_CODES[refusal.code] ?? ""}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}

function tlsOf(serving: KeyPair): { cert: string; key: string } {
  return { cert: serving.certificate, key: serving.key };
}

function listen(server: Http2SecureServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Requests that want to leave HTTP: the chain says whether they may; a refused one ends its connection. */
function makeUpgrade(options: HttpsServerOptions, state: Connections) {
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const incoming = new IncomingRequest(request, state.userOf(request), true);
    state.begin(request.socket as Socket);
    socket.once("close", () => incoming.end());
    socket.on("error", (error) => options.logger.debug({ err: error }, "upgraded connection failed"));
    upgrade(options.handler, incoming, socket, head).catch((error: unknown) => {
      if (!incoming.ended) options.logger.error({ err: error, path: request.url }, "upgrade failed");
      socket.destroy();
    });
  };
}

async function upgrade(handler: ApiHandler, incoming: IncomingRequest, socket: Duplex, head: Buffer): Promise<void> {
  const answer = await handler(incoming);
  if (answer.body.type === "upgrade") answer.body.take(socket, head);
  else await refuseUpgrade(socket, answer);
}

/** An ordinary answer to a request whose connection has already left Node's HTTP parser. */
async function refuseUpgrade(socket: Duplex, answer: ApiResponse): Promise<void> {
  const head = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}`, "connection: close"];
  for (const [name, value] of Object.entries(answer.headers)) for (const one of typeof value === "string" ? [value] : value) head.push(`${name}: ${one}`);
  if (answer.body.type === "bytes") head.push(`content-length: ${answer.body.bytes.length}`);
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  if (answer.body.type === "bytes") socket.write(answer.body.bytes);
  if (answer.body.type === "stream") for await (const chunk of answer.body.chunks) if (!socket.write(chunk) && !socket.destroyed) await Promise.race([once(socket, "drain"), once(socket, "close")]);
  socket.end();
}

/** The client has not sent all of its body in time. */
function cutOff(incoming: IncomingRequest, request: NodeRequest, response: NodeResponse): void {
  if (request.complete || incoming.passedOn) return;
  if ("stream" in response) return response.stream.close(constants.NGHTTP2_CANCEL);
  const { socket } = request;
  if (!response.headersSent) socket.write("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  socket.destroySoon();
}

function makeServe(options: HttpsServerOptions, state: Connections) {
  const unsent = (error: unknown) => options.logger.debug({ err: error }, "answer could not be sent");
  return (request: NodeRequest, response: NodeResponse): void => {
    const incoming = new IncomingRequest(request, state.userOf(request));
    const failed = (error: unknown) => {
      if (!incoming.ended) options.logger.error({ err: error, path: request.url }, "request failed");
      response.destroy();
    };
    response.on("error", unsent);
    try {
      const answer = options.handler(incoming);
      // Most reads are answered at once: nobody can be gone meanwhile, so nobody has to listen for it.
      if (!(answer instanceof Promise) && incoming.body === undefined && isAtOnce(response, answer)) {
        sendWhole(request, response, answer);
        if (state.closing && request.httpVersionMajor === 1) request.socket.destroySoon();
        return;
      }
      follow(options, state, incoming, request, response);
      when<ApiResponse, void>(answer, (made) => sendResponse(request, incoming.isWhole, response, made))?.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}

/** What a request that is not answered at once needs: to be told that its client is gone, an end for its body, and a connection that is not closed under it. */
function follow(options: HttpsServerOptions, state: Connections, incoming: IncomingRequest, request: NodeRequest, response: NodeResponse): void {
  const done = request.httpVersionMajor === 1 ? state.begin(request.socket as Socket) : undefined;
  const late = incoming.body === undefined ? undefined : options.clock.after(REQUEST_TIMEOUT_MS, () => cutOff(incoming, request, response), { background: true });
  response.once("close", () => {
    late?.cancel();
    incoming.end();
    done?.();
  });
}
