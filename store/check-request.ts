import type { KeyRange, RangeRequest, TxnRequest, WatchRequest } from "./store.ts";
import { InvalidRequestError, MAX_KEY_BYTES, MAX_TXN_BYTES, MAX_TXN_OPS, MAX_VALUE_BYTES, ValueTooLargeError } from "./store.ts";

/** Counted for each key of a transaction on top of its bytes: etcd's framing of one operation. */
const FRAMING_BYTES = 64;

/** Refuses what any implementation refuses, with the same error. @throws InvalidRequestError | ValueTooLargeError */
export function checkTxn(request: TxnRequest): void {
  const { compare, operations, readOnFailure } = request;
  checkCount("comparisons", compare.length);
  checkCount("operations", operations.length);
  let bytes = 0;
  for (const { key, modRevision } of compare) {
    bytes += checkKey(key) + FRAMING_BYTES;
    if (!isRevision(modRevision)) throw new InvalidRequestError(`comparison of ${key} with modRevision ${modRevision}, which is no revision`);
  }
  for (const operation of operations) bytes += checkOperation(operation) + FRAMING_BYTES;
  if (operations.length > 1) checkDistinct(operations);
  if (readOnFailure !== undefined) {
    checkCount("keys to read on failure", readOnFailure.length);
    for (const key of readOnFailure) bytes += checkKey(key) + FRAMING_BYTES;
  }
  if (bytes > MAX_TXN_BYTES) throw new InvalidRequestError(`transaction of ${bytes} bytes; the limit is ${MAX_TXN_BYTES}`);
}

/** @throws InvalidRequestError */
export function checkRange(request: RangeRequest): void {
  checkBounds(request);
  const { limit, revision } = request;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) throw new InvalidRequestError(`limit ${limit} is not a positive integer`);
  if (revision !== undefined && !(isRevision(revision) && revision > 0)) throw new InvalidRequestError(`revision ${revision} is not a positive integer`);
}

/** @throws InvalidRequestError */
export function checkWatch(request: WatchRequest): void {
  checkBounds(request);
  const { fromRevision } = request;
  if (!(isRevision(fromRevision) && fromRevision > 0)) throw new InvalidRequestError(`fromRevision ${fromRevision} is not a positive integer`);
}

/** @throws InvalidRequestError */
export function checkCompact(revision: number): void {
  if (!(isRevision(revision) && revision > 0)) throw new InvalidRequestError(`revision ${revision} is not a positive integer`);
}

/** Longest lease in seconds: what etcd accepts. */
const MAX_LEASE_TTL_S = 9_000_000_000;

/** @throws InvalidRequestError */
export function checkTtl(ttl_s: number): void {
  if (!Number.isSafeInteger(ttl_s) || ttl_s < 1 || ttl_s > MAX_LEASE_TTL_S) {
    throw new InvalidRequestError(`lease of ${ttl_s} seconds; it must be an integer from 1 to ${MAX_LEASE_TTL_S}`);
  }
}

/** Returns the key's length in bytes. */
function checkKey(key: string): number {
  if (key.length === 0) throw new InvalidRequestError("a key must not be empty");
  if (!key.isWellFormed()) throw new InvalidRequestError("a key must be well-formed Unicode");
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) throw new InvalidRequestError(`key of ${bytes} bytes; the limit is ${MAX_KEY_BYTES}`);
  return bytes;
}

function checkOperation(operation: TxnRequest["operations"][number]): number {
  const keyBytes = checkKey(operation.key);
  if (operation.type === "delete") return keyBytes;
  const { value, lease } = operation;
  if (value.byteLength > MAX_VALUE_BYTES) throw new ValueTooLargeError(operation.key, value.byteLength);
  if (lease !== undefined && !isRevision(lease)) throw new InvalidRequestError(`lease ${lease} is not an integer`);
  return keyBytes + value.byteLength;
}

function checkDistinct(operations: TxnRequest["operations"]): void {
  const seen = new Set<string>();
  for (const { key } of operations) {
    if (seen.has(key)) throw new InvalidRequestError(`key ${key} occurs twice in the operations of a transaction`);
    seen.add(key);
  }
}

function checkCount(what: string, count: number): void {
  if (count > MAX_TXN_OPS) throw new InvalidRequestError(`${count} ${what} in a transaction; the limit is ${MAX_TXN_OPS}`);
}

function checkBounds({ start, end }: KeyRange): void {
  if (!start.isWellFormed() || !end.isWellFormed()) throw new InvalidRequestError("the bounds of a range must be well-formed Unicode");
}

function isRevision(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
