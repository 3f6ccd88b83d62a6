/**
 * The revisioned key-value store, after etcd: bytes and revisions only. Implementations: store/embedded, store/etcd.
 * All of them pass store/conformance.
 *
 * Revisions are positive integers below 2^53, one for each transaction that wrote, the same for all keys it wrote.
 * An empty store is at revision 1; its first write is revision 2. A transaction that changes nothing takes no revision.
 */

/** Largest value in bytes; a larger one is refused with ValueTooLargeError by every implementation alike. */
export const MAX_VALUE_BYTES = 1_500_000;
/** Longest key in bytes of UTF-8. Keys are well-formed strings that are not empty; a NUL is allowed. */
export const MAX_KEY_BYTES = 2_048;
/** Most comparisons, most operations and most keys of `readOnFailure` in one transaction (etcd's default limit is 128). */
export const MAX_TXN_OPS = 128;
/** Most bytes of all keys and values in one transaction, each counted with 64 bytes more: what etcd's default request limit leaves room for. */
export const MAX_TXN_BYTES = 1_540_000;

export interface KeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  /** Revision of the last write to this key: what compare-and-swap compares. */
  readonly modRevision: number;
  /** 1 at creation, +1 for each write. */
  readonly version: number;
  /** 0 when the key has no lease. */
  readonly lease: number;
}

/** Half-open range of keys, by UTF-8 bytes: start <= key < end; one with start >= end is empty. `{start: k, end: k + "\0"}` is the key k alone. */
export interface KeyRange {
  readonly start: string;
  readonly end: string;
}

export interface RangeRequest extends KeyRange {
  /** Read the state as of this revision; absent: the newest (linearizable). */
  readonly revision?: number;
  /** Most items to return, at least 1; absent: all. */
  readonly limit?: number;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export interface RangeResult {
  readonly items: readonly KeyValue[];
  /** More keys lie in the range beyond `limit`. */
  readonly more: boolean;
  /** All keys in the range at that revision, limit or not. */
  readonly count: number;
  /** The store's newest revision when the read was served. */
  readonly revision: number;
}

/** modRevision 0 means: the key must not exist. */
export interface Compare {
  readonly key: string;
  readonly modRevision: number;
}

/** A value belongs to the store once it is handed over: the caller must not change its bytes any more. No key may occur twice in a transaction's operations. */
export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array; readonly lease?: number }
  | { readonly type: "delete"; readonly key: string };

export interface TxnRequest {
  /** All must hold for the operations to be done. */
  readonly compare: readonly Compare[];
  readonly operations: readonly Operation[];
  /** Keys to read when a comparison fails (at most MAX_TXN_OPS). */
  readonly readOnFailure?: readonly string[];
}

export interface TxnResult {
  readonly succeeded: boolean;
  /** The revision of this write when it wrote, else the store's newest. */
  readonly revision: number;
  /** State of `readOnFailure` when a comparison failed, in that order; null where absent. */
  readonly current: readonly (KeyValue | null)[];
}

export interface StoreEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  /** The revision of the write. */
  readonly revision: number;
  /** After a put: the new state. After a delete: absent. */
  readonly current?: KeyValue;
  /** The state before, where the key existed and is not compacted away. */
  readonly previous?: KeyValue;
}

/** Everything that happened up to `revision`; with no events it is progress. */
export interface WatchBatch {
  readonly revision: number;
  /** In order of revision; the events of one transaction are never split over two batches. */
  readonly events: readonly StoreEvent[];
}

export interface WatchRequest extends KeyRange {
  /** First revision to deliver (inclusive); may lie in the future. */
  readonly fromRevision: number;
  /** Fill in `previous` of the events (default true). Without it updates cost less. */
  readonly previous?: boolean;
}

export interface Store {
  /**
   * The newest revision. Linearizable: not older than any write acknowledged before the call. On an etcd that others write
   * to as well it can be one that no event of ours will ever carry: to know that a watch has caught up, write a key of its range.
   * Known at once where this process alone writes. @throws UnavailableError
   */
  revision(): number | Promise<number>;
  /** Items in order of key. @throws CompactedError | FutureRevisionError | InvalidRequestError | UnavailableError */
  range(request: RangeRequest): Promise<RangeResult>;
  /**
   * Durable (fsync) when it resolves. An UnavailableError leaves the outcome unknown: the caller re-reads.
   * Leases are looked at only when all comparisons hold.
   * @throws ValueTooLargeError | LeaseNotFoundError | InvalidRequestError | UnavailableError
   */
  txn(request: TxnRequest): Promise<TxnResult>;
  /**
   * Every event of the range (none, for an empty one) from `fromRevision` on: no gap, duplicate or reordering, across reconnects too.
   * Ends with CompactedError when `fromRevision` is compacted; ends quietly when `signal` aborts, with UnavailableError when the store is closed.
   * A consumer that is slow has at most a bounded number of events buffered, then the watch ends with SlowWatcherError.
   * It starts when iteration does, and can be iterated once.
   */
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /**
   * Forgets history: the state at `revision` is the oldest that can be read from then on, `revision + 1` the oldest that
   * can be watched from. @throws CompactedError (it is compacted already) | FutureRevisionError | UnavailableError
   */
  compact(revision: number): Promise<void>;
  /** A lease of at least `ttl_s` seconds (an integer > 0); its keys are deleted, in one revision, when it runs out. Returns its id (> 0). */
  grantLease(ttl_s: number): Promise<number>;
  /** Gives the lease its whole time again. @throws LeaseNotFoundError */
  keepAliveLease(lease: number): Promise<void>;
  /** Deletes the lease and, in one revision, its keys. @throws LeaseNotFoundError */
  revokeLease(lease: number): Promise<void>;
  /** Bytes that the data takes on disk. */
  size_bytes(): Promise<number>;
  /** Ends watches and open requests with UnavailableError and gives back every resource. Safe to call twice. */
  close(): Promise<void>;
}

export class CompactedError extends Error {
  override readonly name = "CompactedError";
  readonly compactRevision: number;
  constructor(compactRevision: number) {
    super(`revision is compacted; the oldest kept is ${compactRevision}`);
    this.compactRevision = compactRevision;
  }
}

export class FutureRevisionError extends Error {
  override readonly name = "FutureRevisionError";
  readonly currentRevision: number;
  constructor(requested: number, current: number) {
    super(`revision ${requested} is in the future; the newest is ${current}`);
    this.currentRevision = current;
  }
}

export class ValueTooLargeError extends Error {
  override readonly name = "ValueTooLargeError";
  /** `advice`: why a value within the limit is refused all the same, and what to do. */
  constructor(key: string, bytes: number, advice?: string) {
    super(`value of ${key} has ${bytes} bytes; ${advice ?? `the limit is ${MAX_VALUE_BYTES}`}`);
  }
}

/** The request breaks a limit or a rule of this interface: a mistake of the caller's, nothing was done. */
export class InvalidRequestError extends Error {
  override readonly name = "InvalidRequestError";
}

export class LeaseNotFoundError extends Error {
  override readonly name = "LeaseNotFoundError";
  constructor(lease: number) {
    super(`lease ${lease} not found`);
  }
}

/** The store cannot be reached or lost its majority. A write that failed so may or may not have been done. */
export class UnavailableError extends Error {
  override readonly name = "UnavailableError";
}

export class SlowWatcherError extends Error {
  override readonly name = "SlowWatcherError";
  constructor(buffered: number) {
    super(`watcher fell behind with ${buffered} events buffered`);
  }
}

/** The range of all keys that begin with `prefix` (prefix must be non-empty ASCII). */
export function prefixRange(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1);
  return { start: prefix, end: prefix.slice(0, -1) + String.fromCharCode(last + 1) };
}
