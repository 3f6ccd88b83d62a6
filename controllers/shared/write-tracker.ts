import type { Identified, Informer, Key } from "../../client/informer.ts";

interface Pending {
  /** Created and updated objects: key → resourceVersion of the answer. */
  readonly written: Map<Key, bigint>;
  /** Deleted objects: key → uid. */
  readonly deleted: Map<Key, string>;
}

/**
 * Expectations: what a controller wrote and its cache does not show yet, by owner. A controller that decides by counting waits until
 * its own writes have come back, so that a stale cache never makes it create or delete twice.
 */
export class WriteTracker<T extends Identified> {
  readonly #informer: Informer<T>;
  readonly #pending = new Map<string, Pending>();

  constructor(informer: Informer<T>) {
    this.#informer = informer;
  }

  /** The object was created or updated; as the server answered it. */
  wrote(owner: string, key: Key, object: Identified): void {
    this.#of(owner).written.set(key, versionOf(object));
  }

  deleted(owner: string, key: Key, uid: string): void {
    this.#of(owner).deleted.set(key, uid);
  }

  /** The cache shows all that was written for this owner. */
  settled(owner: string): boolean {
    const pending = this.#pending.get(owner);
    if (pending === undefined) return true;
    for (const [key, version] of pending.written) if (this.#shows(key, version)) pending.written.delete(key);
    for (const [key, uid] of pending.deleted) if (this.#showsDeletion(key, uid)) pending.deleted.delete(key);
    if (pending.written.size > 0 || pending.deleted.size > 0) return false;
    this.#pending.delete(owner);
    return true;
  }

  forget(owner: string): void {
    this.#pending.delete(owner);
  }

  #of(owner: string): Pending {
    let pending = this.#pending.get(owner);
    if (pending === undefined) {
      pending = { written: new Map(), deleted: new Map() };
      this.#pending.set(owner, pending);
    }
    return pending;
  }

  /** An object that was written and deleted again between two lists never shows; the revision says that its time has passed (KEP-5504: comparable). */
  #shows(key: Key, version: bigint): boolean {
    const object = this.#informer.get(key);
    if (object !== undefined && versionOf(object) >= version) return true;
    const seen = this.#informer.resourceVersion;
    return seen !== "" && BigInt(seen) >= version;
  }

  #showsDeletion(key: Key, uid: string): boolean {
    const object = this.#informer.get(key);
    return object === undefined || object.metadata.uid !== uid || object.metadata.deletionTimestamp !== undefined;
  }
}

function versionOf(object: Identified): bigint {
  return BigInt(object.metadata.resourceVersion || "0");
}
