import type { Clock } from "../../lib/clock.ts";
import { GrpcError } from "./grpc-call.ts";
import { connectGrpc, type EtcdTlsOptions, type GrpcConnection } from "./grpc-connection.ts";

/** After a connection that failed, calls fail with its reason for so long before another is tried; twice as long each time. */
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;

/** One endpoint: a connection is made when a call needs it, and again when it was lost. */
export class GrpcChannel {
  readonly #url: string;
  readonly #tls: EtcdTlsOptions | undefined;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #connection: GrpcConnection | undefined;
  #connecting: Promise<GrpcConnection> | undefined;
  /** Attempts that failed since the last connection. */
  #failures = 0;
  #lastFailure: { readonly error: unknown; readonly until_ms: number } | undefined;

  constructor(url: string, tls: EtcdTlsOptions | undefined, clock: Clock) {
    this.#url = url;
    this.#tls = tls;
    this.#clock = clock;
  }

  /** One message there, one back. @throws GrpcError */
  async unary(path: string, message: Uint8Array): Promise<Buffer> {
    const connection = this.#connection?.usable ? this.#connection : await this.connect();
    return connection.unary(path, message);
  }

  /** The connection, for calls that go both ways. @throws GrpcError when there is none to be had: nothing was sent */
  async connect(): Promise<GrpcConnection> {
    if (this.#connection?.usable) return this.#connection;
    if (this.#closing.signal.aborted) throw new GrpcError("CANCELLED", "the channel is closed", true);
    if (this.#lastFailure !== undefined && this.#clock.monotonic_ms() < this.#lastFailure.until_ms) throw this.#lastFailure.error;
    this.#connecting ??= this.#attempt().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#closing.abort();
  }

  async #attempt(): Promise<GrpcConnection> {
    try {
      this.#connection = await connectGrpc(this.#url, this.#tls, this.#clock, this.#closing.signal);
      this.#failures = 0;
      this.#lastFailure = undefined;
      return this.#connection;
    } catch (error) {
      const backoff_ms = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures++, 8));
      this.#lastFailure = { error, until_ms: this.#clock.monotonic_ms() + backoff_ms };
      throw error;
    }
  }
}
