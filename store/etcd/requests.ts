import { WireWriter } from "../../lib/wire-writer.ts";
import type { Compare, Operation, TxnRequest } from "../store.ts";

/**
 * The requests that are made of etcd, in protobuf: field numbers of etcd's `rpc.proto` and `kv.proto` (API version 3).
 * Fields that are zero are left out.
 */
const WATCH_CREATE = 1;
const COMPARE_TARGET_MOD = 2;

export interface RangeMessage {
  readonly key: string | Uint8Array;
  readonly rangeEnd?: string;
  readonly limit?: number;
  readonly revision?: number;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

export function rangeRequest({ key, rangeEnd, limit, revision, keysOnly, countOnly }: RangeMessage): Buffer {
  const writer = new WireWriter();
  bytesField(writer, 1, key);
  if (rangeEnd !== undefined) bytesField(writer, 2, rangeEnd);
  numberField(writer, 3, limit ?? 0);
  numberField(writer, 4, revision ?? 0);
  numberField(writer, 8, keysOnly ? 1 : 0);
  numberField(writer, 9, countOnly ? 1 : 0);
  return writer.finish();
}

/** `prefix` is put before all keys. */
export function txnRequest(prefix: string, { compare, operations, readOnFailure = [] }: TxnRequest): Buffer {
  const writer = new WireWriter();
  for (const one of compare) bytesField(writer, 1, comparison(prefix, one));
  for (const operation of operations) bytesField(writer, 2, requestOp(prefix, operation));
  for (const key of readOnFailure) bytesField(writer, 3, nested(1, rangeRequest({ key: prefix + key })));
  return writer.finish();
}

export function compactRequest(revision: number): Buffer {
  return numbers({ 1: revision });
}

export function leaseGrantRequest(ttl_s: number, id: number): Buffer {
  return numbers({ 1: ttl_s, 2: id });
}

export function leaseRequest(id: number): Buffer {
  return numbers({ 1: id });
}

export function watchRequest(key: string, rangeEnd: string, startRevision: number, previous: boolean): Buffer {
  const create = new WireWriter();
  bytesField(create, 1, key);
  bytesField(create, 2, rangeEnd);
  numberField(create, 3, startRevision);
  numberField(create, 6, previous ? 1 : 0);
  const fragment = 1;
  numberField(create, 8, fragment);
  return nested(WATCH_CREATE, create.finish());
}

function comparison(prefix: string, { key, modRevision }: Compare): Buffer {
  const writer = new WireWriter();
  numberField(writer, 2, COMPARE_TARGET_MOD);
  bytesField(writer, 3, prefix + key);
  // One of several that could be there: written also when it is 0.
  writer.tag(6, 0);
  writer.varint(modRevision);
  return writer.finish();
}

function requestOp(prefix: string, operation: Operation): Buffer {
  const key = prefix + operation.key;
  const writer = new WireWriter();
  bytesField(writer, 1, key);
  if (operation.type === "delete") return nested(3, writer.finish());
  bytesField(writer, 2, operation.value);
  numberField(writer, 3, operation.lease ?? 0);
  return nested(2, writer.finish());
}

function numbers(fields: Readonly<Record<number, number>>): Buffer {
  const writer = new WireWriter();
  for (const [number, value] of Object.entries(fields)) numberField(writer, Number(number), value);
  return writer.finish();
}

function nested(field: number, message: Uint8Array): Buffer {
  const writer = new WireWriter(message.length + 12);
  bytesField(writer, field, message);
  return writer.finish();
}

function bytesField(writer: WireWriter, field: number, value: string | Uint8Array): void {
  writer.tag(field, 2);
  if (typeof value === "string") writer.string(value);
  else writer.bytes(value);
}

function numberField(writer: WireWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, 0);
  writer.varint(value);
}
