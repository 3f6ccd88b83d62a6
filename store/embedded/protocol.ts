import type { Operation, TxnRequest } from "../store.ts";
import type { PackReader, PackWriter } from "./packing.ts";

/**
 * What the store asks of its worker: packed one after another into a batch. The worker answers each batch with one packed reply,
 * a result for each request in the same order, once all of them are durable.
 */
export const RequestKind = { txn: 1, grantLease: 2, keepAliveLease: 3, revokeLease: 4, compact: 5 } as const;

export type WorkerRequest =
  | { readonly kind: typeof RequestKind.txn; readonly txn: TxnRequest }
  | { readonly kind: typeof RequestKind.grantLease; readonly ttl_s: number; readonly expires_ms: number }
  | { readonly kind: typeof RequestKind.keepAliveLease; readonly lease: number; readonly expires_ms: number }
  | { readonly kind: typeof RequestKind.revokeLease; readonly lease: number }
  | { readonly kind: typeof RequestKind.compact; readonly revision: number };

export const Status = { ok: 0, compareFailed: 1, leaseNotFound: 2, compacted: 3 } as const;

/** In the store's folder. */
export const DATABASE_FILE = "store.db";

/** The first message of the worker; `code` is SQLite's, 0 when it is not SQLite that refused. */
export type WorkerReady = { readonly type: "ready" } | { readonly type: "refused"; readonly reason: string; readonly code: number };

export interface BatchMessage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

export type ReplyMessage =
  | { readonly type: "reply"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Nothing of the batch was done, or (on an error of COMMIT itself) it is not known. */
  | { readonly type: "failed"; readonly reason: string };

const PUT = 1;
const DELETE = 2;

export function packRequest(out: PackWriter, request: WorkerRequest): void {
  out.u8(request.kind);
  switch (request.kind) {
    case RequestKind.txn:
      return packTxn(out, request.txn);
    case RequestKind.grantLease:
      out.f64(request.ttl_s);
      return out.f64(request.expires_ms);
    case RequestKind.keepAliveLease:
      out.f64(request.lease);
      return out.f64(request.expires_ms);
    case RequestKind.revokeLease:
      return out.f64(request.lease);
    case RequestKind.compact:
      return out.f64(request.revision);
  }
}

export function unpackRequest(input: PackReader): WorkerRequest {
  const kind = input.u8();
  switch (kind) {
    case RequestKind.txn:
      return { kind, txn: unpackTxn(input) };
    case RequestKind.grantLease:
      return { kind, ttl_s: input.f64(), expires_ms: input.f64() };
    case RequestKind.keepAliveLease:
      return { kind, lease: input.f64(), expires_ms: input.f64() };
    case RequestKind.revokeLease:
      return { kind, lease: input.f64() };
    case RequestKind.compact:
      return { kind, revision: input.f64() };
    default:
      throw new Error(`unknown request kind ${kind}`);
  }
}

/** Upper bound of what a request takes in a batch, for filling batches. */
export function requestBytes(request: WorkerRequest): number {
  if (request.kind !== RequestKind.txn) return 32;
  let bytes = 64;
  for (const operation of request.txn.operations) bytes += 64 + operation.key.length + (operation.type === "put" ? operation.value.byteLength : 0);
  return bytes;
}

function packTxn(out: PackWriter, txn: TxnRequest): void {
  out.u8(txn.compare.length);
  for (const { key, modRevision } of txn.compare) {
    out.text(key);
    out.f64(modRevision);
  }
  out.u8(txn.operations.length);
  for (const operation of txn.operations) {
    out.u8(operation.type === "put" ? PUT : DELETE);
    out.text(operation.key);
    if (operation.type === "delete") continue;
    out.f64(operation.lease ?? 0);
    out.bytes(operation.value);
  }
  out.u8(txn.readOnFailure?.length ?? 0);
  for (const key of txn.readOnFailure ?? []) out.text(key);
}

function unpackTxn(input: PackReader): TxnRequest {
  const compare = times(input.u8(), () => ({ key: input.text(), modRevision: input.f64() }));
  const operations = times(input.u8(), (): Operation => {
    if (input.u8() === DELETE) return { type: "delete", key: input.text() };
    return { type: "put", key: input.text(), lease: input.f64(), value: input.bytes() };
  });
  const readOnFailure = times(input.u8(), () => input.text());
  return { compare, operations, readOnFailure };
}

function times<T>(count: number, make: () => T): T[] {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(make());
  return made;
}
