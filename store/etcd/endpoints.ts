import type { Etcd3, IResponseHeader } from "etcd3";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { UnavailableError } from "../store.ts";
import { connect, type EtcdTlsOptions } from "./client.ts";
import { classify, text, toStoreError } from "./failures.ts";

export interface Endpoint {
  readonly url: string;
  readonly etcd: Etcd3;
}

export interface CallOptions {
  /** The call can be made again when it is not known whether it was done. */
  readonly repeatable: boolean;
  /** The largest value of the request, for the error about its size. */
  readonly largest?: { readonly key: string; readonly bytes: number };
}

/** How long a call is tried at one endpoint after another before it fails: longer than an election. */
const CALL_LIMIT_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/** All endpoints of one etcd: calls go to one of them until it fails, then to the next. */
export class Endpoints {
  readonly #all: readonly Endpoint[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<(error: Error) => void>();
  #current = 0;
  #clusterId: string | undefined;

  constructor(urls: readonly string[], tls: EtcdTlsOptions | undefined, clock: Clock, logger: Logger) {
    this.#all = urls.map((url) => ({ url, etcd: connect(url, tls, clock) }));
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
  async call<T extends { readonly header: IResponseHeader }>(options: CallOptions, run: (etcd: Etcd3) => Promise<T>): Promise<T> {
    const deadline_ms = this.#clock.monotonic_ms() + CALL_LIMIT_MS;
    for (let attempt = 1; ; attempt++) {
      if (this.#closing.signal.aborted) throw new UnavailableError("the store is closed");
      const endpoint = this.current;
      try {
        const response = await this.#untilClosed(run(endpoint.etcd));
        this.checkCluster(response.header, endpoint);
        return response;
      } catch (error) {
        if (error instanceof UnavailableError) throw error;
        const kind = classify(error);
        if (kind === "refused") throw new RefusedError(error, toStoreError(error, endpoint.url, options.largest));
        this.failed(endpoint, error);
        const again = kind === "not-done" || options.repeatable;
        if (!again || this.#closing.signal.aborted || this.#clock.monotonic_ms() >= deadline_ms) throw toStoreError(error, endpoint.url);
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
  checkCluster(header: IResponseHeader | null, endpoint: Endpoint): void {
    if (header === null) return;
    this.#clusterId ??= header.cluster_id;
    if (header.cluster_id === this.#clusterId) return;
    throw new UnavailableError(`etcd at ${endpoint.url} belongs to another cluster (${header.cluster_id}) than the other endpoints (${this.#clusterId})`);
  }

  /** The same promise, but rejected at once when the store closes: what it waits for has then up to CALL_TIMEOUT_MS to go. */
  #untilClosed<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      call.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  close(): void {
    const closed = new UnavailableError("the store is closed");
    this.#closing.abort(closed);
    for (const reject of this.#waiting) reject(closed);
    for (const { etcd } of this.#all) etcd.close();
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
