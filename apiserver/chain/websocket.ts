import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { ApiRequest, ApiResponse } from "../../api/exchange.ts";
import { badRequest, untyped } from "../../api/status/errors.ts";

/** Subprotocol by which a browser, which can set no header, hands over its bearer token (base64url, unpadded). */
export const TOKEN_PROTOCOL = "base64url.bearer.authorization.k8s.io.";
/** Largest message that a client may send: those who only watch have nothing to say, and a tunnel's are small. */
const MAX_MESSAGE_BYTES = 4 << 20;

/** The client asks for a WebSocket on a transport that can give one. */
export function wantsWebSocket(request: ApiRequest): boolean {
  return request.upgradable === true && listOf(request.headers["connection"]).includes("upgrade") && listOf(request.headers["upgrade"]).includes("websocket");
}

/** The subprotocols that the client offers, its token not among them. */
export function offeredProtocols(request: ApiRequest): string[] {
  const header = request.headers["sec-websocket-protocol"];
  return (typeof header === "string" ? header : (header ?? []).join(",")).split(",").map((protocol) => protocol.trim()).filter((protocol) => protocol !== "" && !protocol.startsWith(TOKEN_PROTOCOL));
}

/**
 * The answer that makes the connection a WebSocket with this subprotocol ("" for none) and gives it to `serve`. The socket's errors are handled: they close it. `dropped`: the
 * client was gone before.
 * @throws StatusError 400 for a handshake that is none
 */
export function answerWebSocket(request: ApiRequest, protocol: string, serve: (socket: WebSocket) => void, dropped?: () => void): ApiResponse {
  const { "sec-websocket-key": key, "sec-websocket-version": version } = request.headers;
  if (request.method !== "GET" || typeof key !== "string" || !/^[+/0-9A-Za-z]{22}==$/.test(key)) throw badRequest("the request is no WebSocket handshake");
  if (!/^[\x21-\x7e]*$/.test(protocol)) throw badRequest("the subprotocol is no token");
  if (version !== "13") throw untyped(426, "only version 13 of WebSocket is spoken");
  const take = async (connection: Duplex, head: Uint8Array) => {
    // Most servers never see a WebSocket.
    const { WebSocketServer } = await import("ws");
    const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
    // Written by us: Kubernetes' tunnels have a slash in their names, which is none of the characters that ws lets pass.
    server.on("headers", (lines: string[]) => void (protocol !== "" && lines.push(`Sec-WebSocket-Protocol: ${protocol}`)));
    // A client may offer other protocols beside; ws knows only the one word.
    const asked = { method: "GET", headers: { ...request.headers, upgrade: "websocket", "sec-websocket-protocol": undefined } } as unknown as IncomingMessage;
    let served = false;
    server.handleUpgrade(asked, connection, Buffer.from(head), (socket) => {
      served = true;
      socket.on("error", () => socket.terminate());
      serve(socket);
    });
    if (!served) dropped?.();
  };
  return { status: 101, headers: {}, body: { type: "upgrade", take: (connection, head) => void take(connection, head) } };
}

/** Sends a message; resolves when it has left our memory, so whoever waits is as fast as the client. False when the client is gone. */
export function sendMessage(socket: WebSocket, message: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve(false);
    socket.send(message, (error) => resolve(error === undefined || error === null));
  });
}

function listOf(header: string | readonly string[] | undefined): string[] {
  return header === undefined ? [] : String(header).toLowerCase().split(",").map((token) => token.trim());
}
