import type { Store, StoreEvent, WatchRequest } from "../store.ts";
import { prefixRange } from "../store.ts";

/** What the suite needs from an implementation under test. */
export interface Subject {
  /** The store; a new one after `reopen`. */
  readonly store: Store;
  /** A second client of the same data where the implementation can have one, else the same store. */
  readonly other: Store;
  /** Lets time pass for the store's leases. */
  elapse(time_ms: number): Promise<void>;
  /** Closes the store and opens it again on the same data. */
  reopen(): Promise<void>;
}

/** Limit of watches made with `narrow` in the options of a subject; small, so that tests reach it. */
export const NARROW_WATCH_BUFFER = { events: 100, bytes: 1_000_000 };

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array): string => new TextDecoder().decode(value);

/** Keys of one test, so that tests can share a store. */
export class Keys {
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  key(name: string): string {
    return this.prefix + name;
  }

  range(): { start: string; end: string } {
    return prefixRange(this.prefix);
  }
}

export async function put(store: Store, key: string, value: string, lease?: number): Promise<number> {
  const operation = { type: "put" as const, key, value: bytes(value), ...(lease === undefined ? {} : { lease }) };
  return (await store.txn({ compare: [], operations: [operation] })).revision;
}

export async function remove(store: Store, key: string): Promise<number> {
  return (await store.txn({ compare: [], operations: [{ type: "delete", key }] })).revision;
}

/** Events of a watch up to and with revision `until`, and how they were batched. */
export async function watchUntil(store: Store, request: WatchRequest, until: number): Promise<StoreEvent[][]> {
  const end = new AbortController();
  const batches: StoreEvent[][] = [];
  for await (const { events, revision } of store.watch(request, end.signal)) {
    if (events.length > 0) batches.push([...events]);
    if (revision >= until) end.abort();
  }
  return batches;
}

/** An event in one line, for comparing. */
export function show(event: StoreEvent): string {
  const state = event.current === undefined ? "" : `=${text(event.current.value)} v${event.current.version}`;
  const before = event.previous === undefined ? "" : ` was ${text(event.previous.value)}@${event.previous.modRevision}`;
  return `${event.type} ${event.key}${state}@${event.revision}${before}`;
}
