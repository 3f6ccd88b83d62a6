import type { StoreEvent } from "../../store/store.ts";
import { CacheEvent } from "./cache-event.ts";
import { CachedObject } from "./cached-object.ts";
import { KindChanges } from "./kind-changes.ts";
import type { ServedKind } from "./served-kind.ts";

/** Reads the state of a key (below the kind's prefix) at a revision. @throws CompactedError */
export type ReadState = (key: string, revision: number) => Promise<CachedObject | undefined>;

/** A kind whose objects stay in the store (KindEntry.uncached): how many there are, and what happened lately. */
export class UncachedKind {
  readonly kind: ServedKind;
  readonly changes: KindChanges;
  readonly #read: ReadState;
  #size = 0;

  constructor(kind: ServedKind, read: ReadState) {
    this.kind = kind;
    this.#read = read;
    this.changes = new KindChanges(kind);
  }

  get size(): number {
    return this.#size;
  }

  /** There are `size` objects at this revision; events are told from there on. */
  startEvents(revision: number, size: number): void {
    this.#size = size;
    this.changes.start(revision);
  }

  /** Takes in one event of the store; `made` is the new state where this process wrote it itself. */
  apply(event: StoreEvent, made: CachedObject | undefined): void {
    const key = event.key.slice(this.kind.storagePrefix.length);
    const { revision } = event;
    const current = event.current === undefined ? undefined : (made ?? CachedObject.unread(this.kind, key, revision, event.current.value));
    const isNew = event.current?.version === 1;
    if (isNew) this.#size++;
    else if (current === undefined) this.#size--;
    this.changes.add(new CacheEvent(revision, key, current, undefined, isNew ? undefined : () => this.#read(key, revision - 1)));
  }
}
