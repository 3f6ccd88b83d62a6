import type { StoreEvent } from "../../store/store.ts";
import { CacheEvent } from "./cache-event.ts";
import { CachedObject } from "./cached-object.ts";
import { type EventListener, KindChanges, type ListenScope } from "./kind-changes.ts";
import { OrderedMap, type OrderedView } from "./ordered-map.ts";
import type { ServedKind } from "./served-kind.ts";

/** Snapshots kept for lists that go on page by page. */
const MAX_SNAPSHOTS = 16;

/** All objects of one stored kind, and its latest events. */
export class KindCache {
  readonly kind: ServedKind;
  readonly changes: KindChanges;
  readonly #objects = new OrderedMap<CachedObject>();
  /** Field selector → value → keys: for lists and watches by `spec.nodeName` alone. */
  readonly #byNode: Map<string, Map<string, CachedObject>> | undefined;
  readonly #nodeField: number;
  #lastChange = 0;
  readonly #snapshots = new Map<number, OrderedView<CachedObject>>();

  constructor(kind: ServedKind) {
    this.kind = kind;
    this.changes = new KindChanges(kind);
    this.#nodeField = kind.selectable.indexOf("spec.nodeName");
    this.#byNode = this.#nodeField < 0 ? undefined : new Map();
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key);
  }

  snapshot(): OrderedView<CachedObject> {
    return this.#objects.snapshot();
  }

  /** Keeps a state for the next page of a list; the oldest ones are dropped. */
  keepSnapshot(revision: number, view: OrderedView<CachedObject>): void {
    this.#snapshots.delete(revision);
    this.#snapshots.set(revision, view);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= MAX_SNAPSHOTS) break;
      this.#snapshots.delete(oldest);
    }
  }

  /** The state at a revision up to `now` (the cache's), where it is still known. */
  viewAt(revision: number, now: number): OrderedView<CachedObject> | undefined {
    if (revision <= now && revision >= this.#lastChange) return this.#objects.snapshot();
    return this.#snapshots.get(revision);
  }

  /** Objects whose spec.nodeName is `node`, in order of their keys; undefined when this kind has no such index. */
  onNode(node: string): CachedObject[] | undefined {
    if (this.#byNode === undefined || node === "") return undefined;
    return [...(this.#byNode.get(node)?.values() ?? [])].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Puts an object in place at start. */
  load(object: CachedObject): void {
    this.#put(object);
  }

  /** The events kept begin after this revision. */
  startEvents(revision: number): void {
    this.changes.start(revision);
    this.#lastChange = revision;
  }

  /** Takes in one event of the store; `made` is the new state where this process wrote it itself. */
  apply(event: StoreEvent, made: CachedObject | undefined): void {
    const key = event.key.slice(this.kind.storagePrefix.length);
    const previous = this.#objects.get(key);
    const current = event.current === undefined ? undefined : (made ?? CachedObject.fromStore(this.kind, key, event.revision, event.current.value));
    if (current === undefined) {
      if (previous === undefined) return;
      this.#remove(previous);
    } else this.#put(current);
    this.#lastChange = event.revision;
    this.changes.add(new CacheEvent(event.revision, key, current, previous));
  }

  /** Events from now on, as far as `scope` says. Returns the way to stop. */
  listen(scope: ListenScope, listener: EventListener): () => void {
    return this.changes.listen(scope, listener);
  }

  #put(object: CachedObject): void {
    if (this.#byNode !== undefined) {
      const previous = this.#objects.get(object.key);
      const node = object.fields[this.#nodeField] ?? "";
      const oldNode = previous?.fields[this.#nodeField] ?? "";
      if (oldNode !== "" && oldNode !== node) this.#unindex(oldNode, object.key);
      if (node !== "") {
        const index = this.#byNode.get(node);
        if (index === undefined) this.#byNode.set(node, new Map([[object.key, object]]));
        else index.set(object.key, object);
      }
    }
    this.#objects.set(object.key, object);
  }

  #remove(object: CachedObject): void {
    this.#objects.delete(object.key);
    const node = object.fields[this.#nodeField] ?? "";
    if (node !== "") this.#unindex(node, object.key);
  }

  #unindex(node: string, key: string): void {
    const index = this.#byNode?.get(node);
    if (index?.delete(key) && index.size === 0) this.#byNode?.delete(node);
  }
}
