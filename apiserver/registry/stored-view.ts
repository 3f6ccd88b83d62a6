import { encodeObject } from "../../api/codec/json.ts";
import type { ApiObject } from "../../api/wire.ts";
import { CacheEvent } from "./cache-event.ts";
import { CachedObject } from "./cached-object.ts";
import { withResourceVersion } from "./resource-version.ts";
import type { ServedKind } from "./served-kind.ts";

/**
 * How a kind shows objects that may be stored in another version, and gives them back: versions of custom resources. Objects
 * passed in are the view's to change.
 */
export interface StoredView {
  /** The version in which objects are written now. */
  readonly storageVersion: string;
  /** Whether showing this object takes more than a moment: a webhook has to be asked. */
  mustAsk(object: ApiObject): boolean;
  /** A stored object that `mustAsk` nobody, in this kind's form. */
  show(object: ApiObject): ApiObject;
  /** Stored objects in this kind's form, in their order. @throws StatusError 500 when the webhook fails */
  ask(objects: readonly ApiObject[]): Promise<ApiObject[]>;
  /** An object of this kind in the form in which it is stored. @throws StatusError 500 */
  toStored(object: ApiObject): ApiObject | Promise<ApiObject>;
}

/** What has been shown already, while the stored object is in the cache. */
const shown = new WeakMap<ServedKind, WeakMap<CachedObject, CachedObject>>();
const shownEvents = new WeakMap<ServedKind, WeakMap<CacheEvent, CacheEvent>>();

/** A cached object as the kind shows it; the same object for kinds that are stored as they are. */
export function show(kind: ServedKind, stored: CachedObject): CachedObject | Promise<CachedObject> {
  const { view } = kind;
  if (view === undefined) return stored;
  const known = memoOf(shown, kind).get(stored);
  if (known !== undefined) return known;
  const object = stored.copy();
  if (!view.mustAsk(object)) return remember(kind, stored, view.show(object));
  return view.ask([object]).then(([converted]) => remember(kind, stored, converted!));
}

/** How much is shown before other work gets its turn. */
const TURN_BYTES = 256 << 10;

/** The same for many: one question for all that have to be asked for. Long ones let other work run in between. */
export async function showAll(kind: ServedKind, stored: readonly CachedObject[]): Promise<readonly CachedObject[]> {
  const { view } = kind;
  if (view === undefined) return stored;
  const asked: { at: number; object: ApiObject }[] = [];
  const results = new Array<CachedObject>(stored.length);
  let worked = 0;
  for (const [at, one] of stored.entries()) {
    const known = memoOf(shown, kind).get(one);
    if (known !== undefined) {
      results[at] = known;
      continue;
    }
    worked += one.bytes.length;
    const object = one.copy();
    if (view.mustAsk(object)) asked.push({ at, object });
    else results[at] = remember(kind, one, view.show(object));
    if (worked < TURN_BYTES) continue;
    worked = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (asked.length > 0) {
    const converted = await view.ask(asked.map(({ object }) => object));
    asked.forEach(({ at }, i) => {
      results[at] = remember(kind, stored[at]!, converted[i]!);
    });
  }
  return results;
}

/** An event with its objects as the kind shows them; one for all watchers of the kind, so that its frames are shared. */
export function showEvent(kind: ServedKind, event: CacheEvent): CacheEvent | Promise<CacheEvent> {
  if (kind.view === undefined) return event;
  const known = memoOf(shownEvents, kind).get(event);
  if (known !== undefined) return known;
  const current = event.current && show(kind, event.current);
  const previous = event.previous && show(kind, event.previous);
  const made = (now: CachedObject | undefined, before: CachedObject | undefined) => {
    const shownEvent = new CacheEvent(event.revision, event.key, now, before);
    memoOf(shownEvents, kind).set(event, shownEvent);
    return shownEvent;
  };
  if (current instanceof Promise || previous instanceof Promise) return Promise.all([current, previous]).then(([now, before]) => made(now, before));
  return made(current, previous);
}

function remember(kind: ServedKind, stored: CachedObject, object: ApiObject): CachedObject {
  const { resourceVersion: _dropped, ...metadata } = object.metadata;
  const text = Buffer.from(encodeObject(undefined, { ...object, metadata }));
  const made = withResourceVersion(text, stored.revision);
  const bytes = made.equals(stored.bytes) ? stored.bytes : made;
  const result = CachedObject.of(kind, stored.key, stored.revision, bytes, object);
  memoOf(shown, kind).set(stored, result);
  return result;
}

function memoOf<T extends object>(memos: WeakMap<ServedKind, WeakMap<T, T>>, kind: ServedKind): WeakMap<T, T> {
  let memo = memos.get(kind);
  if (memo === undefined) {
    memo = new WeakMap();
    memos.set(kind, memo);
  }
  return memo;
}
