import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { UnavailableError } from "../store.ts";
import { classify, text, toStoreError } from "./failures.ts";
import { GrpcChannel } from "./grpc-channel.ts";
import type { EtcdTlsOptions } from "./grpc-connection.ts";
import type { Answer, Header } from "./responses.ts";

export interface Endpoint {
  readonly url: string;
  readonly channel: GrpcChannel;
}

export interface Call<T extends Answer> {
  /** Of the method: `/etcdserverpb.KV/Range`. */
  readonly path: string;
  readonly message: Uint8Array;
  readonly read: (answer: Buffer) => T;
  /** The call can be made again when it is not known whether it was done. */
  readonly repeatable: boolean;
  /** The largest value of the request, for the error about its size. */
  readonly largest?: { readonly key: string; readonly bytes: number };
}

/** How long a call is tried at one endpoint after another before it fails: longer than an election. */
const CALL_LIMIT_MS = 10_000;
/** Calls under way at a time, and the bytes that they send; more are refused. */
const MAX_CALLS = 20_000;
const MAX_CALLS_BYTES = 134_217_728;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/** All endpoints of one etcd: calls go to one of them until it fails, then to the next. */
export class Endpoints {
  readonly #all: readonly Endpoint[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  #current = 0;
  #clusterId: bigint | undefined;
  #calls = 0;
  #bytes = 0;

  constructor(urls: readonly string[], tls: EtcdTlsOptions | undefined, clock: Clock, logger: Logger) {
    this.#all = urls.map((url) => ({ url, channel: new GrpcChannel(url, tls, clock) }));
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Aborts when the store closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  get current(): Endpoint {
    return this.#all[this.#current] as Endpoint;
  }

  /**
   * Makes a call at the current endpoint; where it is certain that nothing was done, or the call is repeatable, at the next ones too.
   * @throws what etcd answered, raw, when it refused; UnavailableError | ValueTooLargeError otherwise
   */
  async call<T extends Answer>(call: Call<T>): Promise<T> {
    if (this.#calls >= MAX_CALLS || this.#bytes >= MAX_CALLS_BYTES) throw new UnavailableError(`${this.#calls} requests of ${this.#bytes} bytes wait for etcd already`);
    this.#calls++;
    this.#bytes += call.message.length;
    try {
      return await this.#atOneAfterAnother(call);
    } finally {
      this.#calls--;
      this.#bytes -= call.message.length;
    }
  }

  async #atOneAfterAnother<T extends Answer>({ path, message, read, repeatable, largest }: Call<T>): Promise<T> {
    const deadline_ms = this.#clock.monotonic_ms() + CALL_LIMIT_MS;
    for (let attempt = 1; ; attempt++) {
      if (this.#closing.signal.aborted) throw new UnavailableError("the store is closed");
      const endpoint = this.current;
      try {
        const answer = read(await endpoint.channel.unary(path, message));
        this.checkCluster(answer.header, endpoint);
        return answer;
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        if (this.#closing.signal.aborted) throw new UnavailableError("the store is closed");
        const kind = classify(error);
        if (kind === "refused") throw new RefusedError(error, toStoreError(error, endpoint.url, largest));
        this.failed(endpoint, error);
        const again = kind === "not-done" || repeatable;
        if (!again || this.#clock.monotonic_ms() >= deadline_ms) throw toStoreError(error, endpoint.url);
        if (attempt % this.#all.length === 0) await this.pause(attempt / this.#all.length);
      }
    }
  }

  /** Turns to the next endpoint, unless another call has done so already. */
  failed(endpoint: Endpoint, error: unknown): void {
    if (endpoint !== this.current || this.#all.length === 1) return;
    this.#current = (this.#current + 1) % this.#all.length;
    this.#logger.warn({ endpoint: endpoint.url, next: this.current.url, reason: text(error) }, "an etcd endpoint failed; turning to the next");
  }

  /** Waits before round `round` + 1 over the endpoints; returns early when the store closes. */
  async pause(round: number, signal?: AbortSignal): Promise<void> {
    const both = signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal]);
    await this.#clock.sleep(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(round - 1, 8)), both).catch(() => undefined);
  }

  /** @throws UnavailableError when the endpoint belongs to another cluster than those before it */
  checkCluster({ clusterId }: Header, endpoint: Endpoint): void {
    if (clusterId === 0n) return;
    this.#clusterId ??= clusterId;
    if (clusterId === this.#clusterId) return;
    throw new UnavailableError(`etcd at ${endpoint.url} belongs to another cluster (${clusterId}) than the other endpoints (${this.#clusterId})`);
  }

  close(): void {
    this.#closing.abort(new UnavailableError("the store is closed"));
    for (const { channel } of this.#all) channel.close();
  }
}

/** etcd's own refusal: `raw` to look at, `toThrow` where it has no class of its own. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly raw: unknown;
  readonly toThrow: Error;

  constructor(raw: unknown, toThrow: Error) {
    super(toThrow.message);
    this.raw = raw;
    this.toThrow = toThrow;
  }
}
