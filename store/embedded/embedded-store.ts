import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { checkCompact, checkRange, checkTtl, checkTxn, checkWatch } from "../check-request.ts";
import type { KeyValue, RangeRequest, RangeResult, Store, StoreEvent, TxnRequest, TxnResult, WatchBatch, WatchRequest } from "../store.ts";
import { CompactedError, FutureRevisionError, LeaseNotFoundError } from "../store.ts";
import { WATCH_BUFFER_LIMITS, type WatchBufferLimits } from "../watch-buffer.ts";
import { CountCache } from "./count-cache.ts";
import { type DirectoryLock, DirectoryLockedError, lockDirectory } from "./directory-lock.ts";
import { LeaseTimers } from "./lease-timers.ts";
import { LogReader } from "./log-reader.ts";
import type { PackReader } from "./packing.ts";
import { DATABASE_FILE, RequestKind, Status, type WorkerRequest } from "./protocol.ts";
import { closedError, type CommittedEvent, WatchHub } from "./watch-hub.ts";
import { type StartWorker, WorkerRefusedError, WriterClient } from "./writer-client.ts";

export interface EmbeddedStoreOptions {
  /** Folder of the database; made when absent. One process at a time can have it open. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watchBuffer?: WatchBufferLimits;
  readonly startWorker?: StartWorker;
}

/** The database cannot be opened: the message says why and what to do. */
export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
}

/** Page cache of the reading connection in KiB. */
const CACHE_KIB = 4_096;

/** Opens (makes) the store in a folder. @throws DirectoryLockedError | StoreOpenError */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const file = join(options.dataDir, DATABASE_FILE);
  let store: EmbeddedStore | undefined;
  try {
    makeDirectory(options.dataDir);
    store = new EmbeddedStore(options, lockDirectory(options.dataDir));
    await store.open();
    return store;
  } catch (error) {
    await store?.close();
    if (error instanceof DirectoryLockedError) throw error;
    throw new StoreOpenError(explain(error, file), { cause: error });
  }
}

/** Makes the folder, durably: its own entry is written out too. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const parent = openSync(dirname(first), "r");
  fsyncSync(parent);
  closeSync(parent);
}

/** The store holds secrets: nobody else reads it. SQLite gives the files beside it the same mode. */
function protectFile(path: string): void {
  const file = openSync(path, "a", 0o600);
  fchmodSync(file, 0o600);
  closeSync(file);
}

function explain(error: unknown, file: string): string {
  const reason = error instanceof Error ? error.message : String(error);
  const damaged = error instanceof WorkerRefusedError && (error.code === SQLITE_CORRUPT || error.code === SQLITE_NOTADB);
  if (damaged) return `${file} is damaged (${reason}): restore it from a backup, or move it away to start empty`;
  return `cannot open ${file}: ${reason}`;
}

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** Bounds of one synchronous read. */
const PAGE_ITEMS = 1_000;
const PAGE_BYTES = 8_388_608;

class EmbeddedStore implements Store {
  readonly #options: EmbeddedStoreOptions;
  readonly #lock: DirectoryLock;
  readonly #writer: WriterClient;
  readonly #leases: LeaseTimers;
  /** What the hub looks at: the newest acknowledged revision, and the one below which all is forgotten. */
  readonly #state = { revision: 0, compactRevision: 0 };
  #connection: DatabaseSync | undefined;
  #opened: { readonly reader: LogReader; readonly hub: WatchHub } | undefined;
  readonly #counts = new CountCache();
  /** Reads of several pages that are under way; compaction waits for them. */
  readonly #longReads = new Set<Promise<unknown>>();
  /** Events of the reply that is being taken. */
  #committed: CommittedEvent[] = [];

  constructor(options: EmbeddedStoreOptions, lock: DirectoryLock) {
    this.#options = options;
    this.#lock = lock;
    this.#leases = new LeaseTimers(options.clock, (lease) => this.#expire(lease));
    this.#writer = new WriterClient({
      startWorker: (file, workerOptions) => new Worker(file, workerOptions),
      ...options,
      onReply: () => this.#publish(),
      onRestart: () => this.#resync(),
    });
  }

  async open(): Promise<void> {
    protectFile(join(this.#options.dataDir, DATABASE_FILE));
    await this.#writer.start();
    const connection = new DatabaseSync(join(this.#options.dataDir, DATABASE_FILE), { readOnly: true, timeout: 10_000 });
    this.#connection = connection;
    connection.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    const reader = new LogReader(connection);
    this.#opened = { reader, hub: new WatchHub(reader, this.#state, this.#options.watchBuffer ?? WATCH_BUFFER_LIMITS) };
    this.#loadState();
  }

  revision(): number {
    this.#open();
    return this.#state.revision;
  }

  async range(request: RangeRequest): Promise<RangeResult> {
    checkRange(request);
    const { reader } = this.#open();
    const newest = this.#state.revision;
    const revision = request.revision ?? newest;
    if (revision > newest) throw new FutureRevisionError(revision, newest);
    if (revision < this.#state.compactRevision) throw new CompactedError(this.#state.compactRevision);
    if (request.countOnly) return { items: [], more: false, count: reader.count(request, revision), revision: newest };
    const limit = request.limit ?? Number.POSITIVE_INFINITY;
    const keysOnly = request.keysOnly ?? false;
    const first = reader.page(request, revision, Math.min(limit, PAGE_ITEMS), PAGE_BYTES, keysOnly);
    if (first.nextStart === undefined) return { items: first.items, more: false, count: first.items.length, revision: newest };
    if (first.items.length >= limit) return this.#cut(reader, request, revision, first.items, newest);
    const rest = this.#readOn(request, revision, limit, keysOnly, [...first.items], first.nextStart, newest);
    this.#longReads.add(rest);
    return rest.finally(() => this.#longReads.delete(rest));
  }

  /** The pages after the first, other work between them. */
  async #readOn(request: RangeRequest, revision: number, limit: number, keysOnly: boolean, items: KeyValue[], nextStart: string, newest: number): Promise<RangeResult> {
    let start: string | undefined = nextStart;
    while (start !== undefined && items.length < limit) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      const { reader } = this.#open();
      const page = reader.page({ start, end: request.end }, revision, Math.min(limit - items.length, PAGE_ITEMS), PAGE_BYTES, keysOnly);
      for (const item of page.items) items.push(item);
      start = page.nextStart;
    }
    if (start === undefined) return { items, more: false, count: items.length, revision: newest };
    return this.#cut(this.#open().reader, request, revision, items, newest);
  }

  /** The result of a read that `limit` ended, which may have been the end of the range too. */
  #cut(reader: LogReader, request: RangeRequest, revision: number, items: readonly KeyValue[], newest: number): RangeResult {
    const count = this.#counts.get(request, revision) ?? reader.count(request, revision);
    const rest = { start: `${items.at(-1)?.key ?? request.start}\0`, end: request.end };
    this.#counts.set(request, revision, count);
    this.#counts.set(rest, revision, count - items.length);
    return { items, more: count > items.length, count, revision: newest };
  }

  async txn(request: TxnRequest): Promise<TxnResult> {
    checkTxn(request);
    return this.#submit<TxnResult>({ kind: RequestKind.txn, txn: request }, (result) => this.#takeTxn(request, result));
  }

  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchBatch> {
    checkWatch(request);
    return this.#open().hub.watch(request, signal);
  }

  async compact(revision: number): Promise<void> {
    checkCompact(revision);
    this.#open();
    if (revision > this.#state.revision) throw new FutureRevisionError(revision, this.#state.revision);
    if (revision <= this.#state.compactRevision) throw new CompactedError(this.#state.compactRevision);
    this.#state.compactRevision = revision;
    await Promise.allSettled(this.#longReads);
    try {
      await this.#submit({ kind: RequestKind.compact, revision }, (result) => {
        result.u8();
      });
    } catch (error) {
      if (this.#opened !== undefined) this.#state.compactRevision = this.#opened.reader.state().compactRevision;
      throw error;
    }
  }

  async grantLease(ttl_s: number): Promise<number> {
    checkTtl(ttl_s);
    const expires_ms = this.#options.clock.now_ms() + ttl_s * 1000;
    return this.#submit({ kind: RequestKind.grantLease, ttl_s, expires_ms }, (result) => {
      result.u8();
      const lease = result.f64();
      this.#leases.set(lease, ttl_s, ttl_s * 1000);
      return lease;
    });
  }

  async keepAliveLease(lease: number): Promise<void> {
    this.#open();
    const ttl_s = this.#leases.renew(lease);
    if (ttl_s === undefined) throw new LeaseNotFoundError(lease);
    const expires_ms = this.#options.clock.now_ms() + ttl_s * 1000;
    const found = await this.#submit({ kind: RequestKind.keepAliveLease, lease, expires_ms }, (result) => result.u8() === Status.ok);
    if (!found) throw new LeaseNotFoundError(lease);
  }

  async revokeLease(lease: number): Promise<void> {
    const found = await this.#submit({ kind: RequestKind.revokeLease, lease }, (result) => this.#takeRevoke(result));
    this.#leases.delete(lease);
    if (!found) throw new LeaseNotFoundError(lease);
  }

  async size_bytes(): Promise<number> {
    this.#open();
    const size = (name: string) => statSync(join(this.#options.dataDir, name), { throwIfNoEntry: false })?.size ?? 0;
    return size(DATABASE_FILE) + size(`${DATABASE_FILE}-wal`);
  }

  async close(): Promise<void> {
    this.#leases.clear();
    this.#opened?.hub.close();
    this.#opened = undefined;
    // Before the worker's connection: the last one to close cleans up after the WAL, which a read-only one cannot.
    if (this.#connection?.isOpen) this.#connection.close();
    await this.#writer.close();
    this.#lock.release();
  }

  #open(): { readonly reader: LogReader; readonly hub: WatchHub } {
    if (this.#opened === undefined) throw closedError();
    return this.#opened;
  }

  /** `take` returns the result, or the error to reject with. */
  #submit<T>(request: WorkerRequest, take: (result: PackReader) => T | Error): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#writer.submit(
        request,
        (result) => {
          const value = take(result);
          if (value instanceof Error) return () => reject(value);
          return () => resolve(value);
        },
        reject,
      );
    });
  }

  #takeTxn(request: TxnRequest, result: PackReader): TxnResult | LeaseNotFoundError {
    const status = result.u8();
    if (status === Status.leaseNotFound) return new LeaseNotFoundError(result.f64());
    const revision = result.f64();
    if (status === Status.compareFailed) return { succeeded: false, revision, current: (request.readOnFailure ?? []).map((key) => takeCurrent(key, result)) };
    for (const operation of request.operations) {
      const createRevision = result.f64();
      const version = result.f64();
      const previousId = result.f64();
      if (operation.type === "put") {
        const { key, value, lease = 0 } = operation;
        const current = { key, value, createRevision, modRevision: revision, version, lease };
        this.#committed.push({ event: { type: "put", key, revision, current }, previousId });
      } else if (previousId !== 0) {
        this.#committed.push({ event: { type: "delete", key: operation.key, revision }, previousId });
      }
    }
    this.#state.revision = Math.max(this.#state.revision, revision);
    return { succeeded: true, revision, current: [] };
  }

  #takeRevoke(result: PackReader): boolean {
    if (result.u8() !== Status.ok) return false;
    const revision = result.f64();
    const count = result.u32();
    for (let i = 0; i < count; i++) {
      const event: StoreEvent = { type: "delete", key: result.text(), revision };
      this.#committed.push({ event, previousId: result.f64() });
    }
    this.#state.revision = Math.max(this.#state.revision, revision);
    return true;
  }

  #publish(): void {
    const committed = this.#committed;
    this.#committed = [];
    if (committed.length > 0) this.#opened?.hub.publish(committed, this.#state.revision);
  }

  #expire(lease: number): void {
    this.revokeLease(lease).catch((error: unknown) => {
      if (error instanceof LeaseNotFoundError || this.#opened === undefined) return;
      this.#options.logger.warn({ err: error, lease }, "a lease ran out but could not be revoked; trying again");
      this.#leases.set(lease, LEASE_RETRY_S, LEASE_RETRY_S * 1000);
    });
  }

  /** The worker is a new one: what the old one committed last may be unknown here. */
  #resync(): void {
    if (this.#opened === undefined) return;
    this.#loadState();
    this.#opened.hub.resync();
  }

  #loadState(): void {
    const { revision, compactRevision, leases } = this.#open().reader.state();
    this.#state.revision = revision;
    this.#state.compactRevision = compactRevision;
    this.#leases.clear();
    const now_ms = this.#options.clock.now_ms();
    for (const { id, ttl_s, expires_ms } of leases) this.#leases.set(id, ttl_s, Math.min(Math.max(0, expires_ms - now_ms), ttl_s * 1000));
  }
}

const LEASE_RETRY_S = 1;

function takeCurrent(key: string, result: PackReader): KeyValue | null {
  if (result.u8() === 0) return null;
  const createRevision = result.f64();
  const modRevision = result.f64();
  const version = result.f64();
  const lease = result.f64();
  return { key, createRevision, modRevision, version, lease, value: new Uint8Array(result.bytes()) };
}
