import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Message } from "../../cri/vocabulary.ts";
import { createHttpServer } from "../../lib/http.ts";
import type { ShimContext } from "../context.ts";
import { PacketSockets } from "../os/packet-sockets.ts";
import { serveAttach } from "./attach.ts";
import { serveExec } from "./exec.ts";
import { portForwardProtocols, servePortForward } from "./port-forward.ts";
import { Tokens } from "./tokens.ts";
import { commandProtocols, webSocketSession } from "./websocket-session.ts";

type Stream =
  | { readonly verb: "exec"; readonly request: Message<"ExecRequest"> }
  | { readonly verb: "attach"; readonly request: Message<"AttachRequest"> }
  | { readonly verb: "portforward"; readonly request: Message<"PortForwardRequest"> };

const MAX_PAYLOAD_BYTES = 16 << 20;

/**
 * Serves exec, attach and port-forward streams on loopback. A URL is good once; whoever has it may use it, so it goes only to
 * callers of the CRI socket.
 */
export class StreamingServer {
  readonly #context: ShimContext;
  readonly #address: string;
  readonly #tokens: Tokens<Stream>;
  readonly #packets = new PacketSockets();
  readonly #server: Server;
  readonly #webSockets: WebSocketServer;
  readonly #connections = new Set<Socket>();

  constructor(context: ShimContext, address: string) {
    this.#context = context;
    this.#address = address;
    this.#tokens = new Tokens(context.clock, context.random);
    this.#server = createHttpServer((_, response) => response.writeHead(426, { upgrade: "websocket" }).end("this URL is a stream: upgrade to a WebSocket\n"));
    this.#server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD_BYTES,
      handleProtocols: (offered) => [...commandProtocols].find((protocol) => offered.has(protocol)) ?? false,
    });
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, this.#address, () => resolve());
    });
  }

  async close(): Promise<void> {
    this.#packets.close();
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** A URL for a stream that was checked. */
  issue(stream: Stream): string {
    const token = this.#tokens.issue(stream);
    const { address, family, port } = this.#server.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}/${stream.verb}/${token}`;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const [, verb, token] = /^\/(exec|attach|portforward)\/([0-9a-f]{32})(?:\?.*)?$/.exec(request.url ?? "") ?? [];
    const wanted = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
    const known = verb === "portforward" ? portForwardProtocols : commandProtocols;
    if ((request.headers.upgrade ?? "").toLowerCase() !== "websocket") return refuse(socket, 400, "only WebSocket upgrades are served");
    if (!wanted.some((protocol) => known.includes(protocol))) return refuse(socket, 403, `none of the offered subprotocols is one of ${known.join(", ")}`);
    const stream = token === undefined ? undefined : this.#tokens.redeem(token);
    if (stream === undefined || stream.verb !== verb) return refuse(socket, 404, "no such stream: a URL is good once, for a minute");
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(stream, webSocket));
  }

  #serve(stream: Stream, socket: WebSocket): void {
    socket.on("error", () => socket.terminate());
    if (stream.verb === "portforward") return servePortForward(this.#context, stream.request, socket);
    const session = webSocketSession(socket, stream.request);
    if (stream.verb === "exec") void serveExec(this.#context, stream.request, session);
    else void serveAttach(this.#context, this.#packets, stream.request, session);
  }
}

function refuse(socket: Duplex, status: number, message: string): void {
  const reasons: Readonly<Record<number, string>> = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found" };
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message) + 1}\r\n\r\n${message}\n`);
}
