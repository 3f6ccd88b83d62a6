import type { ApiObject } from "../../api/wire.ts";
import { CachedObject } from "./cached-object.ts";
import { withResourceVersion } from "./resource-version.ts";
import type { ServedKind } from "./served-kind.ts";

/** A write of this process on its way: its object and bytes serve both its answer and the watch cache, so neither decodes again. */
export class PendingWrite {
  readonly kind: ServedKind;
  readonly key: string;
  readonly stored: Uint8Array;
  readonly #object: ApiObject;
  #made: CachedObject | undefined;

  constructor(kind: ServedKind, key: string, stored: Uint8Array, object: ApiObject) {
    this.kind = kind;
    this.key = key;
    this.stored = stored;
    this.#object = object;
  }

  /** The object as it is stored at `revision`. */
  at(revision: number): CachedObject {
    if (this.#made?.revision !== revision) this.#made = CachedObject.of(this.kind, this.key, revision, withResourceVersion(this.stored, revision), this.#object);
    return this.#made;
  }
}

/** Writes of this process whose events have not come back yet, by storage key. */
export class PendingWrites {
  readonly #byKey = new Map<string, PendingWrite[]>();

  add(write: PendingWrite): void {
    const key = write.kind.storagePrefix + write.key;
    const writes = this.#byKey.get(key);
    if (writes === undefined) this.#byKey.set(key, [write]);
    else writes.push(write);
  }

  /** Ends a write that failed, or whose event came. */
  drop(write: PendingWrite): void {
    const key = write.kind.storagePrefix + write.key;
    const writes = this.#byKey.get(key)?.filter((other) => other !== write) ?? [];
    if (writes.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, writes);
  }

  /** The write whose value this is, if it is one of ours; it is dropped. */
  take(key: string, revision: number, value: Uint8Array): CachedObject | undefined {
    const write = this.#byKey.get(key)?.find((candidate) => Buffer.compare(candidate.stored, value) === 0);
    if (write === undefined) return undefined;
    this.drop(write);
    return write.at(revision);
  }
}
