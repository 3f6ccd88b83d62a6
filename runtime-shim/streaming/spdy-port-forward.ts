import type { Socket } from "node:net";
import type { Message } from "../../cri/vocabulary.ts";
import type { SpdySession } from "../../lib/spdy/session.ts";
import type { SpdyStream } from "../../lib/spdy/stream.ts";
import type { ShimContext } from "../context.ts";
import { dialSandbox, forwardError } from "./port-forward.ts";

export const spdyPortForwardProtocols = ["portforward.k8s.io"];

/** How long the second stream of a connection may be missing. */
const PAIR_TIMEOUT_MS = 30_000;
const MAX_HALF_PAIRS = 128;

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  cancel(): void;
}

/**
 * Port-forward over SPDY: each connection of the client is two streams, one for its bytes and one for what went wrong, that name the same request. Any number
 * of connections share the session; each direction of one ends alone.
 */
export class SpdyPortForward {
  readonly #context: ShimContext;
  readonly #request: Message<"PortForwardRequest">;
  readonly #pairs = new Map<string, Pair>();

  constructor(context: ShimContext, request: Message<"PortForwardRequest">) {
    this.#context = context;
    this.#request = request;
  }

  take(stream: SpdyStream, session: SpdySession): void {
    const { streamtype: type, port: portText = "", requestid } = stream.headers;
    const port = Number(portText);
    if ((type !== "error" && type !== "data") || !Number.isInteger(port) || port < 1 || port > 65_535) return void stream.destroy();
    // Clients of old name no request: the data stream follows its error stream.
    const id = requestid ?? String(type === "error" ? stream.id : stream.id - 2);
    const pair = this.#pairs.get(id) ?? this.#begin(id);
    if (pair === undefined || pair[type] !== undefined) return void stream.destroy();
    pair[type] = stream;
    if (pair.error === undefined || pair.data === undefined) return;
    pair.cancel();
    this.#pairs.delete(id);
    this.#forward(pair.data, pair.error, port);
    void session.closed.then(() => pair.cancel());
  }

  #begin(id: string): Pair | undefined {
    if (this.#pairs.size >= MAX_HALF_PAIRS) return undefined;
    const late = this.#context.clock.after(
      PAIR_TIMEOUT_MS,
      () => {
        this.#pairs.delete(id);
        pair.error?.destroy();
        pair.data?.destroy();
      },
      { background: true },
    );
    const pair: Pair = { cancel: () => late.cancel() };
    this.#pairs.set(id, pair);
    return pair;
  }

  #forward(data: SpdyStream, error: SpdyStream, port: number): void {
    error.resume();
    const fail = (reason: unknown) => {
      if (!error.writableEnded) error.end(forwardError(port, this.#request.podSandboxId, reason));
      data.destroy();
    };
    let connection: Socket;
    try {
      connection = dialSandbox(this.#context, this.#request.podSandboxId, port);
    } catch (reason) {
      return fail(reason);
    }
    connection.on("error", fail);
    connection.once("close", () => {
      if (!data.writableEnded) data.end();
      if (!error.writableEnded) error.end();
    });
    // A reset by the client takes the connection with it.
    data.once("close", () => connection.destroy());
    connection.pipe(data);
    data.pipe(connection);
  }
}
