import type { ApiObject } from "../../api/wire.ts";
import { atRevision, CachedObject } from "./cached-object.ts";
import { KeyQueue } from "./key-queue.ts";
import { withResourceVersion } from "./resource-version.ts";
import type { ServedKind } from "./served-kind.ts";

/** A write of this process on its way: its object and bytes serve both its answer and the watch cache, so neither decodes again. */
export class PendingWrite {
  readonly kind: ServedKind;
  readonly key: string;
  /** In the store. */
  readonly storageKey: string;
  readonly stored: Uint8Array;
  readonly #object: ApiObject;
  readonly #asDecoded: boolean;
  /** Held until the write's event has come, or what shares it would be gone before. */
  #decoded: ApiObject | undefined;
  #made: CachedObject | undefined;
  #committed: CachedObject | undefined;

  /** `asDecoded`: the object is what `stored` decodes to. */
  constructor(kind: ServedKind, key: string, stored: Uint8Array, object: ApiObject, asDecoded = false) {
    this.kind = kind;
    this.key = key;
    this.storageKey = kind.storagePrefix + key;
    this.stored = stored;
    this.#object = object;
    this.#asDecoded = asDecoded;
  }

  /** The store took it. */
  commit(revision: number): CachedObject {
    this.#committed = this.at(revision);
    return this.#committed;
  }

  /** The object as the store took it, where it has. */
  get committed(): CachedObject | undefined {
    return this.#committed;
  }

  /** The object as it is stored at `revision`. */
  at(revision: number): CachedObject {
    if (this.#made?.revision === revision) return this.#made;
    this.#made = CachedObject.of(this.kind, this.key, revision, withResourceVersion(this.stored, revision), this.#object);
    if (this.#asDecoded) {
      this.#decoded = atRevision(this.#object, revision);
      this.#made.share(this.#decoded);
    }
    return this.#made;
  }
}

/** Writes of this process whose events have not come back yet, by storage key. */
export class PendingWrites {
  /** Serializes this process' writes of one object. */
  readonly queue = new KeyQueue();
  readonly #byKey = new Map<string, PendingWrite[]>();

  add(write: PendingWrite): void {
    const writes = this.#byKey.get(write.storageKey);
    if (writes === undefined) this.#byKey.set(write.storageKey, [write]);
    else writes.push(write);
  }

  /** The cache is filled anew: no events of these writes will come. */
  forget(): void {
    this.#byKey.clear();
  }

  /** Ends a write that failed, or whose event came. */
  drop(write: PendingWrite): void {
    const { storageKey } = write;
    const writes = this.#byKey.get(storageKey);
    if (writes === undefined) return;
    // Mostly it is the only one.
    const left = writes.length === 1 && writes[0] === write ? [] : writes.filter((other) => other !== write);
    if (left.length === 0) this.#byKey.delete(storageKey);
    else this.#byKey.set(storageKey, left);
  }

  /** The newest state that the store has taken and the cache has not seen yet. */
  newest(key: string): CachedObject | undefined {
    let newest: CachedObject | undefined;
    for (const { committed } of this.#byKey.get(key) ?? []) if (committed !== undefined && committed.revision > (newest?.revision ?? 0)) newest = committed;
    return newest;
  }

  /** The write whose value this is, if it is one of ours; it is dropped. */
  take(key: string, revision: number, value: Uint8Array): CachedObject | undefined {
    const write = this.#byKey.get(key)?.find((candidate) => candidate.stored === value || Buffer.compare(candidate.stored, value) === 0);
    if (write === undefined) return undefined;
    this.drop(write);
    return write.at(revision);
  }
}
