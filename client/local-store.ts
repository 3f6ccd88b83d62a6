import { type Identified, type IndexFunction, type Key, keyOf, type Lister } from "./informer.ts";

/** What a write to the store changed, in the order in which handlers hear of it. */
export type Change<T> =
  | { readonly type: "add"; readonly object: T }
  | { readonly type: "update"; readonly object: T; readonly old: T }
  | { readonly type: "delete"; readonly object: T };

interface Index<T> {
  readonly keysOf: IndexFunction<T>;
  readonly values: Map<string, Map<Key, T>>;
}

/** Objects by key, with indexes. Holds references only. */
export class LocalStore<T extends Identified> implements Lister<T> {
  readonly #objects = new Map<Key, T>();
  readonly #indexes = new Map<string, Index<T>>();
  readonly #namespaces: Index<T> = { keysOf: (object) => (object.metadata.namespace ? [object.metadata.namespace] : []), values: new Map() };

  get size(): number {
    return this.#objects.size;
  }

  get(key: Key): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    const objects = namespace ? this.#namespaces.values.get(namespace) : this.#objects;
    return objects === undefined ? [] : [...objects.values()];
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`there is no index ${JSON.stringify(name)}`);
    const objects = index.values.get(value);
    return objects === undefined ? [] : [...objects.values()];
  }

  addIndex(name: string, keysOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { keysOf, values: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, object);
  }

  /** Adds or replaces an object; one of another uid is a delete and an add. */
  put(object: T): Change<T>[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    reindex(this.#namespaces, key, old, object);
    for (const index of this.#indexes.values()) reindex(index, key, old, object);
    if (old === undefined) return [{ type: "add", object }];
    if (old.metadata.uid !== object.metadata.uid) {
      return [
        { type: "delete", object: old },
        { type: "add", object },
      ];
    }
    return [{ type: "update", object, old }];
  }

  /** Removes by key; `last` is its last state where the caller knows a newer one. */
  remove(key: Key, last?: T): Change<T>[] {
    const old = this.#objects.get(key);
    if (old === undefined) return [];
    this.#objects.delete(key);
    remove(this.#namespaces, key, old);
    for (const index of this.#indexes.values()) remove(index, key, old);
    return [{ type: "delete", object: last !== undefined && last.metadata.uid === old.metadata.uid ? last : old }];
  }

  /** Makes the store hold just these; what has the same resourceVersion is not a change. */
  replace(objects: readonly T[]): Change<T>[] {
    const changes: Change<T>[] = [];
    const kept = new Set(objects.map(keyOf));
    for (const key of [...this.#objects.keys()]) if (!kept.has(key)) changes.push(...this.remove(key));
    for (const object of objects) {
      const old = this.#objects.get(keyOf(object));
      const same = old !== undefined && old.metadata.uid === object.metadata.uid && old.metadata.resourceVersion === object.metadata.resourceVersion;
      if (!same) changes.push(...this.put(object));
    }
    return changes;
  }
}

/** Mostly the object stays under the values that it was under. */
function reindex<T>(index: Index<T>, key: Key, old: T | undefined, object: T): void {
  const before = old === undefined ? undefined : index.keysOf(old);
  const now = index.keysOf(object);
  if (before?.length === 1 && now.length === 1 && before[0] === now[0]) {
    index.values.get(now[0]!)?.set(key, object);
    return;
  }
  if (old !== undefined) remove(index, key, old);
  insert(index, key, object);
}

function remove<T>(index: Index<T>, key: Key, object: T): void {
  for (const value of index.keysOf(object)) {
    const objects = index.values.get(value);
    objects?.delete(key);
    if (objects?.size === 0) index.values.delete(value);
  }
}

function insert<T>(index: Index<T>, key: Key, object: T): void {
  for (const value of index.keysOf(object)) {
    let objects = index.values.get(value);
    if (objects === undefined) {
      objects = new Map();
      index.values.set(value, objects);
    }
    objects.set(key, object);
  }
}
