import type { ObjectMeta } from "../api/wire.ts";

/** What every API object has. */
export interface Identified {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** `namespace/name`, or `name` of a cluster-scoped object: the key of stores and work queues. */
export type Key = string;

export function keyOf(object: { readonly metadata: { readonly namespace?: string; readonly name?: string } }): Key {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : `${name}`;
}

/** @returns the parts of a key; `namespace` is undefined for a cluster-scoped one. */
export function splitKey(key: Key): { namespace?: string | undefined; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** Called in the order of events, once for each; an exception is logged and does not stop the others. */
export interface EventHandler<T> {
  add?(object: T): void;
  /** Also after a relist; `old` is what the store held before. A deleted and re-created object (another uid) is a delete and an add. */
  update?(object: T, old: T): void;
  /** The last known state; after a relist it may be older than the deletion itself. */
  delete?(object: T): void;
}

/** Keys under which an object is found in an index; none: it is left out. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** The local copy of a collection. Objects are frozen and shared. */
export interface Lister<T> {
  get(key: Key): T | undefined;
  /** All of them, or those of one namespace. */
  list(namespace?: string): T[];
  /** @throws Error when there is no index of that name */
  byIndex(index: string, value: string): readonly T[];
  readonly size: number;
}

/** A list-watch kept in a local store. */
export interface Informer<T> extends Lister<T> {
  /** The first list is in the store and its handlers have run. */
  hasSynced(): boolean;
  /** Resolves when synced; rejects with the signal's reason when it aborts first. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** Registers a handler; for objects that are there already `add` is called at once. Returns a function that removes it. */
  addHandler(handler: EventHandler<T>): () => void;
  /** Adds an index over what is there and what comes. Adding the same name again is a no-op. */
  addIndex(name: string, index: IndexFunction<T>): void;
  /** Newest resourceVersion that the store reflects; "" before the first list. */
  readonly resourceVersion: string;
  /** Lists and watches until `signal` aborts, with backoff. Resolves then; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Index of pods by spec.nodeName; those without a node under "". */
export const NODE_INDEX = "node";
