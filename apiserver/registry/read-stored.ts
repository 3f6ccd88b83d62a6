import { prefixRange, type Store } from "../../store/store.ts";
import { CachedObject } from "./cached-object.ts";
import type { ServedKind } from "./served-kind.ts";

/** Objects read together. */
const PAGE_ITEMS = 500;

/** One object (its key below the kind's prefix) as the store has it: now, or at a revision. @throws CompactedError | FutureRevisionError */
export async function readStored(store: Store, kind: ServedKind, key: string, revision?: number): Promise<CachedObject | undefined> {
  const start = kind.storagePrefix + key;
  const { items } = await store.range({ start, end: `${start}\0`, ...(revision === undefined ? {} : { revision }) });
  const [item] = items;
  return item === undefined ? undefined : CachedObject.unread(kind.stored, key, item.modRevision, item.value);
}

/** Objects with start <= key < end ("" is no bound; keys below the kind's prefix). */
export interface StoredRange {
  readonly start: string;
  readonly end: string;
  readonly revision: number;
}

export interface StoredPage {
  readonly objects: readonly CachedObject[];
  /** Where the next page starts; undefined behind the last. */
  readonly next: string | undefined;
  /** All objects from the start of this page to the end of the range. */
  readonly count: number;
}

/** The first objects of a range, at most `limit`. @throws CompactedError | FutureRevisionError */
export async function readPage(store: Store, kind: ServedKind, range: StoredRange, limit = PAGE_ITEMS): Promise<StoredPage> {
  const prefix = kind.storagePrefix;
  const end = range.end === "" ? prefixRange(prefix).end : prefix + range.end;
  const found = await store.range({ start: prefix + range.start, end, limit: Math.min(limit, PAGE_ITEMS), revision: range.revision });
  const objects = found.items.map((item) => CachedObject.unread(kind.stored, item.key.slice(prefix.length), item.modRevision, item.value));
  return { objects, next: found.more ? `${objects.at(-1)?.key ?? range.start}\0` : undefined, count: found.count };
}

/** All objects of a range, page by page; other work runs between pages. @throws CompactedError | FutureRevisionError */
export async function* readPages(store: Store, kind: ServedKind, range: StoredRange): AsyncGenerator<readonly CachedObject[]> {
  for (let start: string | undefined = range.start; start !== undefined; ) {
    const { objects, next }: StoredPage = await readPage(store, kind, { ...range, start });
    yield objects;
    start = next;
    if (start !== undefined) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
