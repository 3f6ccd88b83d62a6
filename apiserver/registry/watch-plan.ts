import type { CacheEvent } from "./cache-event.ts";
import type { CachedObject } from "./cached-object.ts";
import type { ListOptions } from "./list-options.ts";
import type { Registry } from "./registry.ts";
import type { Selection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";

/** What a watch gives before it only listens. */
export interface Plan {
  /** Changes after this revision are delivered. */
  readonly after: number;
  /** Objects to send first, as ADDED. */
  readonly initial: Iterable<CachedObject>;
  /** The initial objects are those that the store had at this revision (of a kind that is not cached); 0: there are none to read. */
  readonly initialAt: number;
  readonly past: readonly CacheEvent[];
  /** Revisions up to this one (from `after` on) must be read from the store. */
  readonly replayUntil: number;
  readonly initialEndBookmark: boolean;
}

/** Nothing comes before the queue. */
export function isEmpty({ initial, initialAt, past, replayUntil, after, initialEndBookmark }: Plan): boolean {
  return Array.isArray(initial) && initial.length === 0 && initialAt === 0 && past.length === 0 && replayUntil <= after && !initialEndBookmark;
}

/** What a watch begins with, of the state of this very moment. */
export function makePlan(registry: Registry, kind: ServedKind, selection: Selection, options: ListOptions, version: number): Plan {
  const changes = registry.cache.changesOf(kind);
  const now = registry.cache.revision;
  const fromState = options.sendInitialEvents ?? version === 0;
  if (fromState) {
    const initial = kind.uncached ? [] : initialObjects(registry, kind, selection);
    return { after: now, initial, initialAt: kind.uncached ? now : 0, past: [], replayUntil: 0, initialEndBookmark: options.sendInitialEvents === true && options.allowWatchBookmarks };
  }
  const after = version === 0 ? now : version;
  const past = changes.after(after);
  if (past !== undefined) return { after, initial: [], initialAt: 0, past, replayUntil: 0, initialEndBookmark: false };
  const kept = changes.since;
  return { after, initial: [], initialAt: 0, past: changes.after(kept) ?? [], replayUntil: kept, initialEndBookmark: false };
}

/** Of the state as it is now, whenever it is iterated. */
function initialObjects(registry: Registry, kind: ServedKind, selection: Selection): Iterable<CachedObject> {
  const objects = registry.cache.of(kind).snapshot().range(...bounds(kind, selection));
  // Those of a custom resource are selected once they are shown.
  return kind.view === undefined ? initialOf(objects, selection) : objects;
}

function* initialOf(objects: Iterable<CachedObject>, selection: Selection): Generator<CachedObject> {
  for (const object of objects) if (selection.everything || selection.matches(object)) yield object;
}

/** The part of the kind's keys that the selection is about, without the kind's prefix. */
export function bounds(kind: ServedKind, selection: Selection): [string, string] {
  if (!kind.entry.namespaced) return selection.name === undefined ? ["", ""] : [selection.name, `${selection.name}\0`];
  if (selection.namespace === "") return ["", ""];
  if (selection.name !== undefined) return [`${selection.namespace}/${selection.name}`, `${selection.namespace}/${selection.name}\0`];
  return [`${selection.namespace}/`, `${selection.namespace}0`];
}
