import { compareKeys, inRange, isEmptyRange } from "../key-order.ts";
import type { KeyRange, KeyValue, RangeRequest, RangeResult, StoreEvent, TxnRequest, TxnResult } from "../store.ts";
import { CompactedError, FutureRevisionError, LeaseNotFoundError } from "../store.ts";

type State = ReadonlyMap<string, KeyValue>;

const NO_VALUE = new Uint8Array(0);

/** What a Store is, said as simply as possible: every state it ever had. Time does not pass for its leases. */
export class Model {
  #revision: number;
  #compactRevision = 0;
  readonly #first: number;
  readonly #states = new Map<number, State>();
  readonly #events: StoreEvent[] = [];
  readonly #leases = new Set<number>();

  /** A store whose newest revision is `revision`, empty as far as the model looks. */
  constructor(revision: number) {
    this.#revision = revision;
    this.#first = revision;
    this.#states.set(revision, new Map());
  }

  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision that the model can be asked about. */
  get lowest(): number {
    return this.#first;
  }

  txn({ compare, operations, readOnFailure = [] }: TxnRequest): TxnResult {
    const state = this.#state();
    if (compare.some(({ key, modRevision }) => (state.get(key)?.modRevision ?? 0) !== modRevision)) {
      return { succeeded: false, revision: this.#revision, current: readOnFailure.map((key) => state.get(key) ?? null) };
    }
    for (const operation of operations) {
      if (operation.type === "put" && operation.lease && !this.#leases.has(operation.lease)) throw new LeaseNotFoundError(operation.lease);
    }
    const revision = this.#revision + 1;
    const next = new Map(state);
    for (const operation of operations) {
      const previous = state.get(operation.key);
      const before = previous === undefined ? {} : { previous };
      if (operation.type === "put") {
        const current: KeyValue = {
          key: operation.key,
          value: operation.value,
          createRevision: previous?.createRevision ?? revision,
          modRevision: revision,
          version: (previous?.version ?? 0) + 1,
          lease: operation.lease ?? 0,
        };
        next.set(operation.key, current);
        this.#events.push({ type: "put", key: operation.key, revision, current, ...before });
      } else if (previous !== undefined) {
        next.delete(operation.key);
        this.#events.push({ type: "delete", key: operation.key, revision, ...before });
      }
    }
    this.#advance(revision, next);
    return { succeeded: true, revision: this.#revision, current: [] };
  }

  range(request: RangeRequest): RangeResult {
    const revision = request.revision ?? this.#revision;
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    if (revision < this.#compactRevision) throw new CompactedError(this.#compactRevision);
    const all = [...(this.#states.get(revision) ?? new Map<string, KeyValue>()).values()]
      .filter(({ key }) => inRange(request, key))
      .sort((a, b) => compareKeys(a.key, b.key));
    if (request.countOnly) return { items: [], more: false, count: all.length, revision: this.#revision };
    const items = all.slice(0, request.limit ?? all.length).map((item) => (request.keysOnly ? { ...item, value: NO_VALUE } : item));
    return { items, more: items.length < all.length, count: all.length, revision: this.#revision };
  }

  events(range: KeyRange, fromRevision: number): StoreEvent[] {
    if (isEmptyRange(range)) return [];
    if (fromRevision <= this.#compactRevision) throw new CompactedError(this.#compactRevision);
    return this.#events.filter(({ key, revision }) => revision >= fromRevision && inRange(range, key));
  }

  compact(revision: number): void {
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    if (revision <= this.#compactRevision) throw new CompactedError(this.#compactRevision);
    this.#compactRevision = revision;
  }

  granted(lease: number): void {
    this.#leases.add(lease);
  }

  revoke(lease: number): void {
    if (!this.#leases.delete(lease)) throw new LeaseNotFoundError(lease);
    const keys = [...this.#state().values()].filter((item) => item.lease === lease).map((item) => item.key);
    this.txn({ compare: [], operations: keys.sort(compareKeys).map((key) => ({ type: "delete", key })) });
  }

  #state(): State {
    return this.#states.get(this.#revision) ?? new Map();
  }

  #advance(revision: number, next: State): void {
    if (this.#events.at(-1)?.revision !== revision) return;
    this.#revision = revision;
    this.#states.set(revision, next);
  }
}
