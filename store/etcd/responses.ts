import { WireReader } from "../../lib/wire-reader.ts";
import type { KeyValue, StoreEvent } from "../store.ts";

/** etcd's answers, out of protobuf: what is used of them. Field numbers of etcd's `rpc.proto` and `kv.proto` (API version 3). */
export interface Header {
  /** 64 bits at random. */
  readonly clusterId: bigint;
  readonly revision: number;
}

export interface Answer {
  readonly header: Header;
}

export interface RangeAnswer extends Answer {
  readonly items: readonly KeyValue[];
  /** As etcd has it, with the prefix: where the next page begins. */
  readonly lastKey: Uint8Array | undefined;
  /** Of keys and values. */
  readonly bytes: number;
  readonly more: boolean;
  readonly count: number;
}

export interface TxnAnswer extends Answer {
  readonly succeeded: boolean;
  /** What the operations that read found, one each. */
  readonly reads: readonly (KeyValue | null)[];
}

export interface LeaseAnswer extends Answer {
  readonly id: number;
  readonly ttl_s: number;
}

export interface WatchAnswer extends Answer {
  readonly created: boolean;
  readonly canceled: boolean;
  /** 0 unless the watch asks for what is compacted. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More of the same revisions follows. */
  readonly fragment: boolean;
  readonly events: readonly StoreEvent[];
}

/** Keys that are read lose this much of their beginning: the prefix of the store. */
type PrefixLength = number;

/** An integer that etcd sent. @throws RangeError above 2^53 - 1, where a number is no longer exact */
function int64(reader: WireReader): number {
  const value = reader.signed();
  if (!Number.isSafeInteger(value)) throw new RangeError(`etcd sent the integer ${value}, which is too large to be exact`);
  return value;
}

/** Calls `field` with the number and the wire type of every field, in order; it must read the field, or skip it. */
function eachField(reader: WireReader, field: (number: number, wireType: number) => void): void {
  while (!reader.done) {
    const tag = reader.varint();
    field(tag >>> 3, tag & 7);
  }
}

const NO_HEADER: Header = { clusterId: 0n, revision: 0 };

function readHeader(reader: WireReader): Header {
  let clusterId = 0n;
  let revision = 0;
  eachField(reader, (number, wireType) => {
    if (number === 1) clusterId = reader.uint64();
    else if (number === 3) revision = int64(reader);
    else reader.skip(wireType);
  });
  return { clusterId, revision };
}

function readKeyValue(reader: WireReader, prefix: PrefixLength): KeyValue {
  let key = "";
  let value: Uint8Array = EMPTY;
  let createRevision = 0;
  let modRevision = 0;
  let version = 0;
  let lease = 0;
  eachField(reader, (number, wireType) => {
    if (number === 1) key = reader.view().toString("utf8", prefix);
    else if (number === 2) createRevision = int64(reader);
    else if (number === 3) modRevision = int64(reader);
    else if (number === 4) version = int64(reader);
    // A copy: what came is a view of the whole message, and would keep that in memory.
    else if (number === 5) value = reader.bytes();
    else if (number === 6) lease = int64(reader);
    else reader.skip(wireType);
  });
  return { key, value, createRevision, modRevision, version, lease };
}
const EMPTY = new Uint8Array(0);

/** An answer of which only the header counts. */
export function readAnswer(message: Buffer): Answer {
  const reader = new WireReader(message);
  let header = NO_HEADER;
  eachField(reader, (number, wireType) => {
    if (number === 1) header = readHeader(reader.message());
    else reader.skip(wireType);
  });
  return { header };
}

export function readRangeAnswer(message: Buffer, prefix: PrefixLength): RangeAnswer {
  return readRange(new WireReader(message), prefix);
}

function readRange(reader: WireReader, prefix: PrefixLength): RangeAnswer {
  let header = NO_HEADER;
  const items: KeyValue[] = [];
  let last: Buffer | undefined;
  let bytes = 0;
  let more = false;
  let count = 0;
  eachField(reader, (number, wireType) => {
    if (number === 1) header = readHeader(reader.message());
    else if (number === 2) {
      last = reader.view();
      bytes += last.length;
      items.push(readKeyValue(new WireReader(last), prefix));
    } else if (number === 3) more = reader.varint() !== 0;
    else if (number === 4) count = int64(reader);
    else reader.skip(wireType);
  });
  return { header, items, lastKey: last === undefined ? undefined : rawKey(last), bytes, more, count };
}

function rawKey(keyValue: Buffer): Uint8Array {
  const reader = new WireReader(keyValue);
  let key: Uint8Array = EMPTY;
  eachField(reader, (number, wireType) => {
    if (number === 1) key = reader.bytes();
    else reader.skip(wireType);
  });
  return key;
}

export function readTxnAnswer(message: Buffer, prefix: PrefixLength): TxnAnswer {
  const reader = new WireReader(message);
  let header = NO_HEADER;
  let succeeded = false;
  const reads: (KeyValue | null)[] = [];
  eachField(reader, (number, wireType) => {
    if (number === 1) header = readHeader(reader.message());
    else if (number === 2) succeeded = reader.varint() !== 0;
    else if (number === 3) readResponseOp(reader.message(), prefix, reads);
    else reader.skip(wireType);
  });
  return { header, succeeded, reads };
}

function readResponseOp(reader: WireReader, prefix: PrefixLength, reads: (KeyValue | null)[]): void {
  eachField(reader, (number, wireType) => {
    if (number === 1) reads.push(readRange(reader.message(), prefix).items[0] ?? null);
    else reader.skip(wireType);
  });
}

/** Of a grant (`id`, `ttl_s` granted), and of a prolongation (`ttl_s` left: 0 when there is no such lease). */
export function readLeaseAnswer(message: Buffer): LeaseAnswer {
  const reader = new WireReader(message);
  let header = NO_HEADER;
  let id = 0;
  let ttl_s = 0;
  eachField(reader, (number, wireType) => {
    if (number === 1) header = readHeader(reader.message());
    else if (number === 2) id = int64(reader);
    else if (number === 3) ttl_s = int64(reader);
    else reader.skip(wireType);
  });
  return { header, id, ttl_s };
}

/** The bytes that the data takes on disk. */
export function readStatusAnswer(message: Buffer): Answer & { readonly size_bytes: number } {
  const reader = new WireReader(message);
  let header = NO_HEADER;
  let size_bytes = 0;
  eachField(reader, (number, wireType) => {
    if (number === 1) header = readHeader(reader.message());
    else if (number === 3) size_bytes = int64(reader);
    else reader.skip(wireType);
  });
  return { header, size_bytes };
}

export function readWatchAnswer(message: Buffer, prefix: PrefixLength): WatchAnswer {
  const reader = new WireReader(message);
  const events: StoreEvent[] = [];
  let header = NO_HEADER;
  let created = false;
  let canceled = false;
  let compactRevision = 0;
  let cancelReason = "";
  let fragment = false;
  eachField(reader, (number, wireType) => {
    if (number === 11) events.push(readEvent(reader.message(), prefix));
    else if (number === 1) header = readHeader(reader.message());
    else if (number === 3) created = reader.varint() !== 0;
    else if (number === 4) canceled = reader.varint() !== 0;
    else if (number === 5) compactRevision = int64(reader);
    else if (number === 6) cancelReason = reader.string();
    else if (number === 7) fragment = reader.varint() !== 0;
    else reader.skip(wireType);
  });
  return { header, created, canceled, compactRevision, cancelReason, fragment, events };
}

function readEvent(reader: WireReader, prefix: PrefixLength): StoreEvent {
  let deletes = false;
  let current: KeyValue | undefined;
  let previous: KeyValue | undefined;
  eachField(reader, (number, wireType) => {
    if (number === 1) deletes = reader.varint() === 1;
    else if (number === 2) current = readKeyValue(reader.message(), prefix);
    else if (number === 3) previous = readKeyValue(reader.message(), prefix);
    else reader.skip(wireType);
  });
  if (current === undefined) throw new RangeError("etcd sent an event without its key");
  const { key, modRevision: revision } = current;
  const before = previous === undefined ? undefined : { previous };
  return deletes ? { type: "delete", key, revision, ...before } : { type: "put", key, revision, current, ...before };
}
