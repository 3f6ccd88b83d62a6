import { decodeJson, encodeObject, type KnownField } from "../../api/codec/json.ts";
import { parseJson } from "../../api/codec/parse-json.ts";
import { requestEntityTooLarge } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { MAX_VALUE_BYTES, type Operation, type TxnResult, ValueTooLargeError } from "../../store/store.ts";
import type { CachedObject } from "./cached-object.ts";
import { PendingWrite } from "./pending-writes.ts";
import type { Registry, Reservation } from "./registry.ts";
import type { ServedKind } from "./served-kind.ts";

/** The object in the form in which its kind is stored. @throws StatusError 500 when a conversion webhook fails */
export function toStored(kind: ServedKind, object: ApiObject): ApiObject | Promise<ApiObject> {
  if (kind.view !== undefined) return kind.view.toStored(object);
  return kind.entry.storedAs === undefined ? object : kind.entry.storedAs.toStored(object);
}

/** A stored object as this kind shows it. */
export function fromStored(kind: ServedKind, object: ApiObject): ApiObject {
  return kind.entry.storedAs === undefined ? object : kind.entry.storedAs.fromStored(object);
}

/** The bytes that are stored: JSON without resourceVersion, empty lists as Kubernetes' store gives them back. `known`: a field whose text is known. */
export function storedBytes(kind: ServedKind, object: ApiObject, known?: KnownField): Buffer {
  return Buffer.from(encodeObject(kind.stored.definition, withoutVersion(object), "asStored", known));
}

function withoutVersion(object: ApiObject): ApiObject {
  if (object.metadata.resourceVersion === undefined) return object;
  const { resourceVersion: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What a dry run shows: the object as it would come back from the store. @throws StatusError 500 when a conversion webhook fails */
export async function asIfStored(kind: ServedKind, object: ApiObject): Promise<ApiObject> {
  const text = encodeObject(kind.stored.definition, await toStored(kind, object), "asStored");
  const stored = kind.definition === undefined ? decodeJson<ApiObject>(undefined, text, "Ignore").object : (parseJson(text) as ApiObject);
  if (kind.view === undefined) return fromStored(kind, stored);
  return kind.view.mustAsk(stored) ? (await kind.view.ask([stored]))[0]! : kind.view.show(stored);
}

export interface PutResult {
  /** Absent when somebody else wrote first. */
  readonly written?: CachedObject;
  readonly result: TxnResult;
}

/**
 * Writes the object if the key still has `modRevision` (0: is not there) and the reservation holds. `asDecoded`: the object is what its bytes decode to
 * (made of a stored one's own parts), so that readers in this process need not decode them. @throws StatusError 413
 */
export async function putObject(registry: Registry, kind: ServedKind, key: string, object: ApiObject, bytes: Buffer, modRevision: number, reservation: Reservation, asDecoded = false): Promise<PutResult> {
  const write = new PendingWrite(kind.stored, key, bytes, object, asDecoded);
  const { storageKey } = write;
  const put: Operation = kind.stored.entry.kind === "Event" ? { type: "put", key: storageKey, value: bytes, lease: await registry.eventLeases.lease() } : { type: "put", key: storageKey, value: bytes };
  const compare = { key: storageKey, modRevision };
  registry.cache.pending.add(write);
  let result: TxnResult;
  try {
    result = await registry.store.txn({
      compare: reservation.compare.length === 0 ? [compare] : [compare, ...reservation.compare],
      operations: reservation.operations.length === 0 ? [put] : [put, ...reservation.operations],
      readOnFailure: [storageKey],
    });
  } catch (error) {
    registry.cache.pending.drop(write);
    if (error instanceof ValueTooLargeError) throw requestEntityTooLarge(`the object has ${bytes.length} bytes, the store takes ${MAX_VALUE_BYTES}`);
    throw error;
  }
  if (!result.succeeded) {
    registry.cache.pending.drop(write);
    return { result };
  }
  return { written: write.commit(result.revision), result };
}
