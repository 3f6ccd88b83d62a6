import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { type Random, systemRandom } from "../../lib/random.ts";
import { checkCompact, checkRange, checkTtl, checkTxn, checkWatch } from "../check-request.ts";
import type { RangeRequest, RangeResult, Store, TxnRequest, TxnResult, WatchBatch, WatchRequest } from "../store.ts";
import { CompactedError, FutureRevisionError, LeaseNotFoundError, UnavailableError } from "../store.ts";
import { WATCH_BUFFER_LIMITS, type WatchBufferLimits } from "../watch-buffer.ts";
import { checkEndpoints } from "./endpoint-options.ts";
import { Endpoints, RefusedError } from "./endpoints.ts";
import { isCompacted, isFutureRevision, isLeaseNotFound } from "./failures.ts";
import type { EtcdTlsOptions } from "./grpc-connection.ts";
import { KeySpace } from "./key-space.ts";
import { Leases } from "./leases.ts";
import { RangeReader } from "./range-reader.ts";
import { compactRequest, rangeRequest, txnRequest } from "./requests.ts";
import { type Header, readAnswer, readStatusAnswer, readTxnAnswer } from "./responses.ts";
import { Watcher } from "./watcher.ts";

export interface EtcdStoreOptions {
  /** `http://host:port` or `https://host:port` of members of one cluster. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTlsOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Prefix of all keys in etcd, for sharing it with others (default none). */
  readonly namespace?: string;
  /** For the ids of leases. */
  readonly random?: Random;
  readonly watchBuffer?: WatchBufferLimits;
}

/** Connects to etcd (3.4 or newer). @throws Error about the options; UnavailableError when no endpoint answers */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const urls = checkEndpoints(options.endpoints, options.tls);
  const store = new EtcdStore(options, new Endpoints(urls, options.tls, options.clock, options.logger));
  try {
    await store.revision();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class EtcdStore implements Store {
  readonly #endpoints: Endpoints;
  readonly #keys: KeySpace;
  readonly #ranges: RangeReader;
  readonly #leases: Leases;
  readonly #watcher: Watcher;
  /** The newest revision seen in an answer. */
  #known = 0;

  constructor(options: EtcdStoreOptions, endpoints: Endpoints) {
    this.#endpoints = endpoints;
    this.#keys = new KeySpace(options.namespace ?? "");
    this.#ranges = new RangeReader(endpoints, this.#keys);
    this.#leases = new Leases(endpoints, options.random ?? systemRandom);
    const limits = options.watchBuffer ?? WATCH_BUFFER_LIMITS;
    this.#watcher = new Watcher({ endpoints, keys: this.#keys, clock: options.clock, limits, knownRevision: () => this.#known });
  }

  async revision(): Promise<number> {
    const message = rangeRequest({ key: this.#keys.lowest, countOnly: true });
    const { header } = await this.#asking(() => this.#endpoints.call({ path: "/etcdserverpb.KV/Range", message, read: readAnswer, repeatable: true }));
    return this.#saw(header);
  }

  async range(request: RangeRequest): Promise<RangeResult> {
    checkRange(request);
    try {
      const result = await this.#ranges.read(request);
      this.#known = Math.max(this.#known, result.revision);
      return result;
    } catch (error) {
      throw await this.#explain(error, request.revision);
    }
  }

  async txn(request: TxnRequest): Promise<TxnResult> {
    checkTxn(request);
    try {
      const { header, succeeded, reads } = await this.#endpoints.call({
        path: "/etcdserverpb.KV/Txn",
        message: txnRequest(this.#keys.prefix, request),
        read: (answer) => readTxnAnswer(answer, this.#keys.prefix_bytes),
        repeatable: request.operations.length === 0,
        ...largestOf(request),
      });
      return { succeeded, revision: this.#saw(header), current: reads };
    } catch (error) {
      if (error instanceof RefusedError && isLeaseNotFound(error.raw)) throw new LeaseNotFoundError(leaseOf(request));
      throw await this.#explain(error);
    }
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchBatch> {
    checkWatch(request);
    return this.#watcher.watch(request, signal);
  }

  async compact(revision: number): Promise<void> {
    checkCompact(revision);
    try {
      const { header } = await this.#endpoints.call({ path: "/etcdserverpb.KV/Compact", message: compactRequest(revision), read: readAnswer, repeatable: false });
      this.#saw(header);
    } catch (error) {
      throw await this.#explain(error, revision);
    }
  }

  async grantLease(ttl_s: number): Promise<number> {
    checkTtl(ttl_s);
    return this.#asking(() => this.#leases.grant(ttl_s));
  }

  async keepAliveLease(lease: number): Promise<void> {
    await this.#asking(() => this.#leases.keepAlive(lease));
  }

  async revokeLease(lease: number): Promise<void> {
    await this.#asking(() => this.#leases.revoke(lease));
  }

  async size_bytes(): Promise<number> {
    const message = new Uint8Array(0);
    const call = { path: "/etcdserverpb.Maintenance/Status", message, read: readStatusAnswer, repeatable: true };
    return (await this.#asking(() => this.#endpoints.call(call))).size_bytes;
  }

  async close(): Promise<void> {
    this.#endpoints.close();
  }

  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  /** The error of the Store interface for one of etcd's. */
  async #explain(error: unknown, revision = 0): Promise<unknown> {
    if (!(error instanceof RefusedError)) return error;
    if (isCompacted(error.raw)) return new CompactedError((await this.#watcher.compactRevision("\0").catch(() => undefined)) ?? revision + 1);
    if (isFutureRevision(error.raw)) {
      const newest = await this.revision();
      return newest >= revision ? new UnavailableError(`revision ${revision} was not there yet`) : new FutureRevisionError(revision, newest);
    }
    return error.toThrow;
  }

  #saw({ revision }: Header): number {
    this.#known = Math.max(this.#known, revision);
    return revision;
  }
}

function largestOf({ operations }: TxnRequest): { readonly largest?: { readonly key: string; readonly bytes: number } } {
  let largest: { key: string; bytes: number } | undefined;
  for (const operation of operations) {
    if (operation.type === "put" && operation.value.byteLength > (largest?.bytes ?? -1)) largest = { key: operation.key, bytes: operation.value.byteLength };
  }
  return largest === undefined ? {} : { largest };
}

function leaseOf({ operations }: TxnRequest): number {
  for (const operation of operations) if (operation.type === "put" && operation.lease) return operation.lease;
  return 0;
}
