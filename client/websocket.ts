import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { Clock } from "../lib/clock.ts";
import { ApiError, ConnectionError } from "./client.ts";
import { Credentials } from "./http/credentials.ts";
import { tlsOptions } from "./http/tls-options.ts";
import type { Connection } from "./kubeconfig.ts";
import { statusOf } from "./response.ts";

export interface StreamTarget {
  readonly connection: Connection;
  readonly clock: Clock;
  readFile(path: string): Promise<string>;
  readonly signal?: AbortSignal;
}

/** Largest frame that is taken. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const HANDSHAKE_TIMEOUT_MS = 30_000;
/** An idle stream is pinged this often, so that proxies keep it and a dead server is noticed. */
const PING_INTERVAL_MS = 20_000;
/** Bytes that may wait to be sent before writers wait. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** A WebSocket at `path` that speaks one of `protocols`; tries each server in turn. @throws ApiError | ConnectionError */
export async function openWebSocket(target: StreamTarget, path: string, protocols: readonly string[]): Promise<WebSocket> {
  const { connection, clock } = target;
  const headers = await new Credentials(connection, clock, target.readFile).headers();
  let failure: unknown = new ConnectionError("the connection names no server", { outcomeUnknown: false });
  for (const server of connection.servers) {
    try {
      const socket = await connect(target, new URL(server), path, protocols, headers);
      keepAlive(socket, clock);
      return socket;
    } catch (error) {
      failure = error;
      if (!(error instanceof ConnectionError)) break;
    }
  }
  throw failure;
}

function connect(target: StreamTarget, server: URL, path: string, protocols: readonly string[], headers: Record<string, string | string[]>): Promise<WebSocket> {
  const url = `${server.protocol === "https:" ? "wss" : "ws"}://${server.host}${server.pathname.replace(/\/$/, "")}${path}`;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, [...protocols], {
      ...tlsOptions(target.connection),
      headers,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    const onAbort = () => socket.terminate();
    target.signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("close", () => target.signal?.removeEventListener("abort", onAbort));
    socket.once("open", () => {
      // Nothing is lost between here and the caller's first listener.
      socket.pause();
      resolve(socket);
    });
    socket.once("unexpected-response", (_request, response) => {
      refusal(response).then(
        (error) => reject(error),
        (error: unknown) => reject(error),
      );
    });
    socket.on("error", (cause) => {
      const text = cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name);
      reject(new ConnectionError(`cannot open a stream to ${server.origin}: ${text}`, { outcomeUnknown: false, cause }));
    });
    if (target.signal?.aborted) onAbort();
  });
}

async function refusal(response: IncomingMessage): Promise<ApiError> {
  const status = response.statusCode ?? 500;
  const answer = await statusOf({ status, headers: {}, body: { type: "stream", chunks: response } });
  return new ApiError(answer);
}

function keepAlive(socket: WebSocket, clock: Clock): void {
  let answered = true;
  const beat = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
    timer = clock.after(PING_INTERVAL_MS, beat, { background: true });
  };
  let timer = clock.after(PING_INTERVAL_MS, beat, { background: true });
  socket.on("pong", () => {
    answered = true;
  });
  socket.once("close", () => timer.cancel());
}

/** Sends a frame; resolves when there is room for the next one. Rejects when the socket is closed. */
export function sendFrame(socket: WebSocket, frame: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let waits = false;
    socket.send(frame, (error) => {
      if (error) reject(error);
      else if (waits) resolve();
    });
    if (socket.bufferedAmount < MAX_BUFFERED_BYTES) resolve();
    else waits = true;
  });
}

/** The bytes of a message, whichever form `ws` gives it. */
export function bytesOf(data: Buffer | ArrayBuffer | Buffer[] | string): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  if (typeof data === "string") return Buffer.from(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}
