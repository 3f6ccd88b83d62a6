import { createWebSocketStream } from "ws";
import type { ApiRequest, ApiResponse } from "../../../api/exchange.ts";
import { answerWebSocket, offeredProtocols, wantsWebSocket } from "../../chain/websocket.ts";
import { openUpgrade } from "../../proxy/reverse-proxy.ts";
import type { ProxyTarget } from "../../proxy/target.ts";
import { joinStreams } from "../../proxy/upgrade.ts";

/** KEP-4006: a WebSocket whose binary messages are nothing but the bytes of a SPDY connection, for proxies that know only WebSocket. */
const PREFIX = "SPDY/3.1+";

/** The tunnel that the client asks for; undefined when it asks for none. */
export function tunnelProtocol(request: ApiRequest): string | undefined {
  return wantsWebSocket(request) ? offeredProtocols(request).find((protocol) => protocol.startsWith(PREFIX)) : undefined;
}

/** Opens SPDY with the target and tells the client only then that the tunnel is there; a refusal is answered as it came. */
export async function answerTunnel(request: ApiRequest, target: ProxyTarget, closing: AbortSignal): Promise<ApiResponse> {
  const protocol = tunnelProtocol(request) ?? "";
  const opened = await openUpgrade(spdyRequest(request, protocol.slice(PREFIX.length)), target, closing);
  if ("refused" in opened) return opened.refused;
  const { connection } = opened;
  connection.on("error", () => connection.destroy());
  try {
    return answerWebSocket(request, protocol, (socket) => joinStreams(createWebSocketStream(socket), connection, closing), () => connection.destroy());
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** The same request as a client of SPDY would make it. */
function spdyRequest(request: ApiRequest, protocol: string): ApiRequest {
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith("sec-websocket-")));
  const { url, remoteAddress, signal } = request;
  return { method: "POST", url, remoteAddress, signal, upgradable: true, headers: { ...headers, connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol, "content-length": "0" } };
}
