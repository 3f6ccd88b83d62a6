import type { ICompare, IEvent, IKeyValue, IRequestOp, ITxnRequest } from "etcd3";
import { isEmptyRange, LOWEST_KEY } from "../key-order.ts";
import type { KeyRange, KeyValue, Operation, StoreEvent, TxnRequest } from "../store.ts";

/** An int64 that etcd wrote. @throws RangeError above 2^53 - 1, where a number is no longer exact */
export function toNumber(int64: string | number): number {
  const value = Number(int64);
  if (!Number.isSafeInteger(value)) throw new RangeError(`etcd sent the integer ${int64}, which is too large to be exact`);
  return value;
}

/** Keys as etcd has them: below the store's prefix. */
export class KeySpace {
  readonly #prefix: string;
  readonly #prefixBytes: number;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#prefixBytes = Buffer.byteLength(prefix);
  }

  key(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }

  /** undefined: the range is empty. */
  range({ start, end }: KeyRange): { key: Buffer; range_end: Buffer } | undefined {
    if (isEmptyRange({ start, end })) return undefined;
    return { key: this.key(start === "" ? LOWEST_KEY : start), range_end: this.key(end) };
  }

  keyValue({ key, value, create_revision, mod_revision, version, lease }: IKeyValue): KeyValue {
    return {
      key: key.toString("utf8", this.#prefixBytes),
      // A copy: what came is a view of the whole message, and would keep that in memory.
      value: new Uint8Array(value),
      createRevision: toNumber(create_revision),
      modRevision: toNumber(mod_revision),
      version: toNumber(version),
      lease: toNumber(lease),
    };
  }

  event(event: IEvent): StoreEvent {
    const revision = toNumber(event.kv.mod_revision);
    const previous = event.prev_kv ? { previous: this.keyValue(event.prev_kv) } : undefined;
    const current = this.keyValue(event.kv);
    return (event.type as string).toUpperCase() === "DELETE"
      ? { type: "delete", key: current.key, revision, ...previous }
      : { type: "put", key: current.key, revision, current, ...previous };
  }

  txn({ compare, operations, readOnFailure = [] }: TxnRequest): ITxnRequest {
    return {
      compare: compare.map(({ key, modRevision }): ICompare => ({ key: this.key(key), target: "Mod", result: "Equal", mod_revision: modRevision })),
      success: operations.map((operation) => this.#operation(operation)),
      failure: readOnFailure.map((key) => ({ request_range: { key: this.key(key) } })),
    };
  }

  #operation(operation: Operation): IRequestOp {
    const key = this.key(operation.key);
    if (operation.type === "delete") return { request_delete_range: { key } };
    const { buffer, byteOffset, byteLength } = operation.value;
    return { request_put: { key, value: Buffer.from(buffer, byteOffset, byteLength), lease: operation.lease ?? 0 } };
  }
}
