import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { type CallHandlers, GrpcCall, GrpcError } from "./grpc-call.ts";

export interface EtcdTlsOptions {
  /** PEM: the CA of etcd's certificates. */
  readonly ca: string | Buffer;
  /** PEM: our certificate and its key, where etcd asks for them. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

/** Longer than etcd's own limit for one request (7 s with default timings), so that it is etcd that says whether a request timed out. */
const CALL_TIMEOUT_MS = 8_000;
/** TCP, TLS, and the peer's first words in HTTP/2. */
const CONNECT_TIMEOUT_MS = 5_000;
/** A dead peer is noticed in 13 s; etcd refuses pings closer than 5 s, and those while no call is open. */
const KEEPALIVE_TIME_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 3_000;
/** Above the largest message of etcd's that we ask for: one event with its previous state, or one page of a range. */
const MAX_RECEIVE_BYTES = 67_108_864;
/** What may come of one call, and of all together, before we have taken it. */
const WINDOW_BYTES = 1_048_576;
const CONNECTION_WINDOW_BYTES = 8_388_608;

/** An HTTP/2 connection to one endpoint, which carries any number of calls until it is lost. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #headers: readonly string[];
  #calls = 0;

  /** `session` is connected. */
  constructor(session: ClientHttp2Session, url: string, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    const { protocol, host } = new URL(url);
    this.#headers = [":method", "POST", ":scheme", protocol.slice(0, -1), ":authority", host, "content-type", "application/grpc", "te", "trailers"];
    this.#keepAlive();
  }

  /** Takes new calls. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  /** A call whose messages go both ways, without a deadline. */
  open(path: string, handlers: CallHandlers): GrpcCall {
    return this.#call(path, [], handlers);
  }

  /** One message there, one back. @throws GrpcError also when no answer comes within CALL_TIMEOUT_MS */
  unary(path: string, message: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      const call = this.#call(path, TIMEOUT_HEADER, {
        message: (bytes) => {
          answer = bytes;
        },
        end: (error) => {
          deadline.cancel();
          if (error !== null) reject(error);
          else if (answer === undefined) reject(new GrpcError("INTERNAL", "the call ended without an answer"));
          else resolve(answer);
        },
      });
      const deadline = this.#clock.after(CALL_TIMEOUT_MS, () => call.cancel(new GrpcError("DEADLINE_EXCEEDED", `no answer in ${CALL_TIMEOUT_MS / 1_000} s`)));
      call.finish(message);
    });
  }

  #call(path: string, more: readonly string[], handlers: CallHandlers): GrpcCall {
    // Makes a member without a leader refuse at once, instead of holding a request or a watch that it cannot serve.
    const headers = [...this.#headers, ":path", path, "hasleader", "true", ...more];
    this.#calls++;
    return new GrpcCall(this.#session, headers, MAX_RECEIVE_BYTES, {
      message: handlers.message,
      end: (error) => {
        this.#calls--;
        handlers.end(error);
      },
    });
  }

  #keepAlive(): void {
    this.#clock.after(KEEPALIVE_TIME_MS, () => {
      if (this.#session.destroyed) return;
      if (this.#calls === 0) return this.#keepAlive();
      const dead = this.#clock.after(KEEPALIVE_TIMEOUT_MS, () => this.#session.destroy(new Error("the connection is dead: a ping was not answered")), { background: true });
      this.#session.ping((error) => {
        dead.cancel();
        if (error === null) this.#keepAlive();
      });
    }, { background: true });
  }
}

const TIMEOUT_HEADER = ["grpc-timeout", `${CALL_TIMEOUT_MS}m`];

/** Connects, and waits until the peer has spoken HTTP/2. `signal` ends it and every call on it. @throws GrpcError: nothing was sent */
export function connectGrpc(url: string, tls: EtcdTlsOptions | undefined, clock: Clock, signal: AbortSignal): Promise<GrpcConnection> {
  return new Promise((resolve, reject) => {
    const socket = dial(url, tls);
    const session = connect(url, {
      createConnection: () => socket,
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
      // The calls bound it themselves: Node would refuse streams beyond 10 MB.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    const lost = (error: Error) => {
      limit.cancel();
      signal.removeEventListener("abort", onAbort);
      session.destroy(error);
      socket.destroy();
      reject(new GrpcError("UNAVAILABLE", `No connection established: ${describe(error)}`, true));
    };
    const limit = clock.after(CONNECT_TIMEOUT_MS, () => lost(new Error(`no HTTP/2 connection in ${CONNECT_TIMEOUT_MS / 1_000} s`)));
    const onAbort = () => lost(new Error("the connection was closed"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    session.on("error", lost);
    // A TLS alert destroys the session without an event of its own.
    socket.on("error", lost);
    session.once("close", () => lost(new Error("the connection was closed")));
    session.once("remoteSettings", () => {
      limit.cancel();
      if (session.destroyed) return;
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      resolve(new GrpcConnection(session, url, clock));
    });
  });
}

function dial(url: string, tls: EtcdTlsOptions | undefined): Socket {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "http:") return connectTcp({ host, port: Number(port) });
  // An address is no name that TLS could ask for; the certificate is verified against `host` then.
  return connectTls({ ...tls, host, port: Number(port), ALPNProtocols: ["h2"], ...(isIP(host) === 0 ? { servername: host } : {}) });
}

/** Of several addresses of one name, why each failed. */
function describe(error: Error): string {
  return error instanceof AggregateError && error.message === "" ? error.errors.map(String).join("; ") : error.message;
}
