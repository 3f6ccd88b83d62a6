import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { UserInfo } from "../../api/exchange.ts";
import type { Clock } from "../../lib/clock.ts";
import { certificateUser } from "./client-certificate.ts";
import type { NodeRequest } from "./node-request.ts";

/** Who is connected, and what a graceful end waits for. */
export class Connections {
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** HTTP/1.1 connections, with how many requests each is waited for. */
  readonly #plain = new Map<Socket, number>();
  readonly #users = new WeakMap<object, { user: UserInfo | undefined }>();
  closing = false;

  constructor(server: Http2SecureServer) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("secureConnection", (socket: TLSSocket): void => {
      if (socket.alpnProtocol === "h2") return;
      if (this.closing) return socket.destroySoon();
      this.#plain.set(socket, 0);
      socket.once("close", () => this.#plain.delete(socket));
    });
    server.on("session", (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
    });
  }

  /** An HTTP/1.1 request that takes a while begins on the connection; the returned function ends it. */
  begin(socket: Socket): () => void {
    this.#count(socket, 1);
    return () => {
      const left = this.#count(socket, -1);
      if (this.closing && left === 0) socket.destroySoon();
    };
  }

  #count(socket: Socket, change: number): number {
    const count = this.#plain.get(socket);
    if (count === undefined) return 0;
    this.#plain.set(socket, count + change);
    return count + change;
  }

  /** The client certificate is looked at once for each connection. */
  userOf(request: NodeRequest): UserInfo | undefined {
    const owner = "stream" in request ? request.stream.session : request.socket;
    if (owner === undefined || owner === null) return undefined;
    const known = this.#users.get(owner);
    if (known !== undefined) return known.user;
    const user = certificateUser(("socket" in owner ? owner.socket : owner) as unknown as TLSSocket);
    this.#users.set(owner, { user });
    return user;
  }

  async close(grace_ms: number, clock: Clock): Promise<void> {
    this.closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    // What was answered at once may still be on its way.
    for (const [socket, requests] of this.#plain) if (requests === 0) socket.destroySoon();
    const cut = clock.after(grace_ms, () => {
      for (const session of this.#sessions) session.destroy();
      for (const socket of this.#sockets) socket.destroy();
    });
    await closed;
    cut.cancel();
  }
}
