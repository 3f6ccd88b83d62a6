import { connect, type Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Init, Message } from "../../cri/vocabulary.ts";
import { sandboxOf, type ShimContext } from "../context.ts";
import { CriError, messageOf } from "../errors.ts";
import { connectInNamespace } from "../os/pod-socket.ts";
import { pinnedKinds } from "../sandbox/placement.ts";
import { ChannelSocket } from "./websocket-session.ts";

type Request = Message<"PortForwardRequest">;

/** The WebSocket form: for the n-th port, channel 2n has its data and channel 2n+1 its errors; each begins with the port's number. */
export const portForwardProtocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""];
const MAX_PORTS = 100;

/** Checks a port-forward and gives the URL at which a client may have it, once. */
export async function portForward(context: ShimContext, issue: (request: Request) => string, request: Request): Promise<Init<"PortForwardResponse">> {
  const record = sandboxOf(context, request.podSandboxId);
  if (record.phase !== "ready") throw new CriError("FAILED_PRECONDITION", `sandbox ${record.id} is not ready`);
  if (request.port.length > MAX_PORTS) throw new CriError("INVALID_ARGUMENT", `port-forward: more than ${MAX_PORTS} ports`);
  for (const port of request.port) if (!(port >= 1 && port <= 65_535)) throw new CriError("INVALID_ARGUMENT", `port-forward: ${port} is not a port`);
  return { url: issue({ ...request, podSandboxId: record.id }) };
}

/** A connection to a port of the sandbox's loopback, made in its own network namespace. Throws when the sandbox is not ready or nobody listens. */
export function dialSandbox(context: ShimContext, sandboxId: string, port: number): Socket {
  const record = sandboxOf(context, sandboxId);
  if (record.phase !== "ready") throw new CriError("FAILED_PRECONDITION", `sandbox ${record.id} is not ready`);
  if (!pinnedKinds(record).includes("net")) return connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  return connectInNamespace(context.paths.namespace(record.id, "net"), port);
}

/** What a client is told when a connection could not be made or broke. */
export function forwardError(port: number, sandboxId: string, error: unknown): string {
  const { code } = error as { code?: string };
  const reason = code === "ECONNREFUSED" ? `failed to connect to localhost:${port} inside the pod: connection refused` : messageOf(error);
  return `error forwarding port ${port} to pod ${sandboxId}, uid : ${reason}`;
}

/** Forwards a WebSocket's channels to the sandbox's ports, until the client or every connection is gone. */
export function servePortForward(context: ShimContext, request: Request, socket: WebSocket): void {
  const channel = new ChannelSocket(socket);
  let left = request.port.length;
  const over = () => {
    // The protocol can't close one channel: with the last connection goes the client's.
    if (--left === 0) socket.close(1000);
  };
  const ports = request.port.map((port, index) => new ForwardedPort(context, request.podSandboxId, port, index * 2, channel, over));
  for (const port of ports) port.open();
  if (ports.length === 0) socket.close(1000);
  channel.onMessage((number, payload) => {
    if (number % 2 === 0) ports[number / 2]?.receive(payload);
  });
  socket.once("close", () => {
    for (const port of ports) port.close();
  });
}

class ForwardedPort {
  readonly #context: ShimContext;
  readonly #sandboxId: string;
  readonly #port: number;
  readonly #number: number;
  readonly #channel: ChannelSocket;
  readonly #onOver: () => void;
  #connection: Socket | undefined;
  #isOver = false;

  constructor(context: ShimContext, sandboxId: string, port: number, number: number, channel: ChannelSocket, onOver: () => void) {
    this.#context = context;
    this.#sandboxId = sandboxId;
    this.#port = port;
    this.#number = number;
    this.#channel = channel;
    this.#onOver = onOver;
  }

  /** Announces the port on both channels and connects. */
  open(): void {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(this.#port);
    for (const channel of [this.#number, this.#number + 1]) this.#channel.send(channel, number);
    try {
      const connection = dialSandbox(this.#context, this.#sandboxId, this.#port);
      this.#connection = connection;
      connection.on("error", (error) => this.#fail(error));
      const output = this.#channel.writer(this.#number);
      connection.pipe(output);
      output.once("finish", () => this.#over());
      connection.once("close", () => this.#over());
    } catch (error) {
      this.#fail(error);
    }
  }

  receive(data: Buffer): void {
    const connection = this.#connection;
    const { socket } = this.#channel;
    if (connection === undefined || connection.destroyed || data.length === 0) return;
    if (connection.write(data)) return;
    socket.pause();
    connection.once("drain", () => socket.resume());
    connection.once("close", () => socket.resume());
  }

  close(): void {
    this.#connection?.destroy();
  }

  #fail(error: unknown): void {
    this.#channel.send(this.#number + 1, Buffer.from(forwardError(this.#port, this.#sandboxId, error)));
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection?.destroy();
    this.#onOver();
  }
}
