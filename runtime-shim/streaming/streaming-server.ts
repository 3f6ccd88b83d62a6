import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Message } from "../../cri/vocabulary.ts";
import { createHttpServer } from "../../lib/http.ts";
import { SpdySession } from "../../lib/spdy/session.ts";
import type { Clock, Timer } from "../../lib/clock.ts";
import type { ShimContext } from "../context.ts";
import { PacketSockets } from "../os/packet-sockets.ts";
import { serveAttach } from "./attach.ts";
import { serveExec } from "./exec.ts";
import type { CommandSession } from "./session.ts";
import { portForwardProtocols, servePortForward } from "./port-forward.ts";
import { SpdyPortForward, spdyPortForwardProtocols } from "./spdy-port-forward.ts";
import { spdyCommandProtocols, spdySession, SpdyStreams } from "./spdy-streams.ts";
import { Tokens } from "./tokens.ts";
import { commandProtocols, webSocketSession } from "./websocket-session.ts";

type Stream =
  | { readonly verb: "exec"; readonly request: Message<"ExecRequest"> }
  | { readonly verb: "attach"; readonly request: Message<"AttachRequest"> }
  | { readonly verb: "portforward"; readonly request: Message<"PortForwardRequest"> };

const MAX_PAYLOAD_BYTES = 16 << 20;
/** An idle stream says so this often, so that what lies between keeps it, and a client that is gone without a word is noticed. */
const PING_INTERVAL_MS = 30_000;

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
    this.#server = createHttpServer((_, response) => response.writeHead(426, { upgrade: "websocket" }).end("this URL is a stream: upgrade to a WebSocket or SPDY/3.1\n"));
    this.#server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_PAYLOAD_BYTES,
      handleProtocols: (offered, request) => chosen([...offered], (request.url ?? "").startsWith("/portforward/") ? portForwardProtocols : commandProtocols) ?? false,
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
    const upgrade = (request.headers.upgrade ?? "").toLowerCase();
    const spdy = upgrade === "spdy/3.1";
    if (!spdy && upgrade !== "websocket") return refuse(socket, 400, "only upgrades to WebSocket and SPDY/3.1 are served");
    const offered = listOf(request.headers[spdy ? "x-stream-protocol-version" : "sec-websocket-protocol"]);
    if (spdy && offered.length === 0) return refuse(socket, 400, "unable to upgrade: X-Stream-Protocol-Version is required");
    const known = verb === "portforward" ? (spdy ? spdyPortForwardProtocols : portForwardProtocols) : spdy ? spdyCommandProtocols : commandProtocols;
    const protocol = chosen(spdy || offered.length > 0 ? offered : [""], known);
    if (protocol === undefined) return refuse(socket, 403, `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${known.filter((one) => one !== "").join(" ")}]`);
    const stream = token === undefined ? undefined : this.#tokens.redeem(token);
    if (stream === undefined || stream.verb !== verb) return refuse(socket, 404, "no such stream: a URL is good once, for a minute");
    if (spdy) return void this.#serveSpdy(stream, socket, head, protocol);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => this.#serve(stream, webSocket));
  }

  #serve(stream: Stream, socket: WebSocket): void {
    socket.on("error", () => socket.terminate());
    const beat = repeat(this.#context.clock, () => socket.ping());
    socket.once("close", () => beat.cancel());
    if (stream.verb === "portforward") return servePortForward(this.#context, stream.request, socket);
    this.#run(stream, webSocketSession(socket, stream.request));
  }

  async #serveSpdy(stream: Stream, socket: Duplex, head: Buffer, protocol: string): Promise<void> {
    if (head.length > 0) socket.unshift(head);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
    const streams = new SpdyStreams();
    const forward = stream.verb === "portforward" ? new SpdyPortForward(this.#context, stream.request) : undefined;
    const session = new SpdySession(socket, { role: "server", onStream: (opened) => (forward === undefined ? streams.take(opened) : forward.take(opened, session)) });
    const beat = repeat(this.#context.clock, () => void session.ping().catch(() => {}));
    void session.closed.then(() => beat.cancel());
    if (stream.verb === "portforward") return;
    const { clock } = this.#context;
    try {
      this.#run(stream, await spdySession({ session, streams, wanted: stream.request, protocol, clock }));
    } catch (error) {
      this.#context.logger.debug({ err: error }, "a stream was not opened");
      session.end();
    }
  }

  #run(stream: Exclude<Stream, { verb: "portforward" }>, session: CommandSession): void {
    if (stream.verb === "exec") void serveExec(this.#context, stream.request, session);
    else void serveAttach(this.#context, this.#packets, stream.request, session);
  }
}

/** The first that the client offers of those that we know; v5 before all, since it can do more. */
function chosen(offered: readonly string[], known: readonly string[]): string | undefined {
  const [best] = known;
  return best !== undefined && offered.includes(best) ? best : offered.find((protocol) => known.includes(protocol));
}

function listOf(header: string | string[] | undefined): string[] {
  return header === undefined ? [] : String(header).split(",").map((protocol) => protocol.trim());
}

/** Calls again and again until it is cancelled. */
function repeat(clock: Clock, call: () => void): Timer {
  let timer: Timer;
  const next = () => {
    timer = clock.after(
      PING_INTERVAL_MS,
      () => {
        next();
        call();
      },
      { background: true },
    );
  };
  next();
  return { cancel: () => timer.cancel() };
}

function refuse(socket: Duplex, status: number, message: string): void {
  const reasons: Readonly<Record<number, string>> = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found" };
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(message) + 1}\r\n\r\n${message}\n`);
}
