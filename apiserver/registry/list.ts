import { badRequest, expired, resourceVersionTooLarge, StatusError } from "../../api/status/errors.ts";
import { CompactedError, FutureRevisionError } from "../../store/store.ts";
import type { CachedObject } from "./cached-object.ts";
import { type ContinueToken, decodeContinue, encodeContinue } from "./continue-token.ts";
import { reach } from "./get.ts";
import type { KindCache } from "./kind-cache.ts";
import type { ListOptions } from "./list-options.ts";
import type { OrderedView } from "./ordered-map.ts";
import { readPage, readPages, readStored, type StoredRange } from "./read-stored.ts";
import type { Registry } from "./registry.ts";
import { badVersionText, versionNumber } from "./resource-version-text.ts";
import type { Selection } from "./selection.ts";
import type { ServedKind } from "./served-kind.ts";
import { showAll } from "./stored-view.ts";

/** One page of a list, of one consistent state. `items` can be iterated once. */
export interface Page {
  readonly items: Iterable<CachedObject>;
  /** What comes behind the items: long lists of kinds that are not cached are read as they are taken. Can be iterated once. */
  readonly more?: AsyncIterable<readonly CachedObject[]> | undefined;
  readonly revision: number;
  /** "" where the list is at its end. */
  readonly continue: string;
  readonly remaining: number | undefined;
  /** The selector named one object: Tables then have null rows when it is not there. */
  readonly single: boolean;
}

const OLD_LIST_TEXT = "The resourceVersion for the provided list is too old.";
const OLD_CONTINUE_TEXT =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, " +
  "or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list " +
  "- objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** @throws StatusError 400, 410, 504 */
export async function listObjects(registry: Registry, kind: ServedKind, selection: Selection, options: ListOptions): Promise<Page> {
  const cache = kind.uncached ? undefined : registry.cache.of(kind);
  if (options.continue !== "") return await continuedPage(registry, kind, cache, selection, options);
  const version = versionNumber(options.resourceVersion);
  if (version === undefined) throw badRequest(`invalid resource version: ${badVersionText(options.resourceVersion)}`);
  const exact = version !== 0 && (options.resourceVersionMatch === "Exact" || (options.resourceVersionMatch === "" && options.limit > 0));
  if (exact) return await exactPage(registry, kind, cache, selection, options, { revision: version, start: "" });
  if (options.resourceVersion === "") await registry.cache.fresh();
  else await reach(registry, version);
  return await newestPage(registry, kind, cache, selection, options, "");
}

/** A page of the present state, from `start` on. */
async function newestPage(registry: Registry, kind: ServedKind, cache: KindCache | undefined, selection: Selection, options: ListOptions, start: string): Promise<Page> {
  const { revision } = registry.cache;
  if (cache === undefined) return await exactPage(registry, kind, cache, selection, options, { revision, start });
  if (kind.view !== undefined) return await shownPage(kind, cache, cache.snapshot(), revision, selection, options, start);
  const single = singleObject(kind, cache, selection);
  if (single !== undefined) return { items: single, revision, continue: "", remaining: undefined, single: true };
  const onNode = selection.node === undefined || start !== "" || options.limit > 0 ? undefined : cache.onNode(selection.node);
  if (onNode !== undefined) return { items: onNode.filter((object) => inNamespace(object, selection) && selection.matches(object)), revision, continue: "", remaining: undefined, single: false };
  return pageOfView(kind, cache, cache.snapshot(), revision, selection, options, start);
}

/** The key of the one object that is asked for. */
function singleKey(kind: ServedKind, selection: Selection): string | undefined {
  if (selection.name === undefined || (kind.entry.namespaced && selection.namespace === "")) return undefined;
  return kind.objectKey(selection.namespace, selection.name);
}

function singleObject(kind: ServedKind, cache: KindCache, selection: Selection): CachedObject[] | undefined {
  const key = singleKey(kind, selection);
  if (key === undefined) return undefined;
  const found = cache.get(key);
  return found !== undefined && selection.matches(found) ? [found] : [];
}

/** Objects that are shown to a webhook together, and looked at before the next ones. */
const SHOWN_TOGETHER = 500;

/** A page of a custom resource: what is selected is decided by the objects as they are shown. */
async function shownPage(kind: ServedKind, cache: KindCache, view: OrderedView<CachedObject>, revision: number, selection: Selection, options: ListOptions, start: string): Promise<Page> {
  const single = singleKey(kind, selection);
  const { prefix, end } = keyBounds(kind, selection);
  const found: CachedObject[] = [];
  const wanted = options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit + 1;
  let batch: CachedObject[] = [];
  const flush = async () => {
    for (const object of await showAll(kind, batch)) if (selection.everything || selection.matches(object)) found.push(object);
    batch = [];
  };
  for (const object of single === undefined ? view.range(prefix + start, end) : [view.get(single)]) {
    if (object !== undefined) batch.push(object);
    if (batch.length >= Math.min(SHOWN_TOGETHER, Math.max(1, wanted - found.length))) await flush();
    if (found.length >= wanted) break;
  }
  if (batch.length > 0) await flush();
  if (single !== undefined) return { items: found, revision, continue: "", remaining: undefined, single: true };
  if (options.limit === 0 || found.length <= options.limit) return { items: found, revision, continue: "", remaining: undefined, single: false };
  const items = found.slice(0, options.limit);
  const last = items.at(-1)!.key;
  cache.keepSnapshot(revision, view);
  const token = encodeContinue({ revision, start: `${last.slice(prefix.length)}\0` });
  return { items, revision, continue: token, remaining: selection.everything ? view.count(`${last}\0`, end) : undefined, single: false };
}

function inNamespace(object: CachedObject, selection: Selection): boolean {
  return selection.namespace === "" || object.namespace === selection.namespace;
}

/** Keys of the listed namespace (or all): start inclusive, end exclusive, "" where there is no end. */
function keyBounds(kind: ServedKind, selection: Selection): { prefix: string; end: string } {
  if (!kind.entry.namespaced || selection.namespace === "") return { prefix: "", end: "" };
  return { prefix: `${selection.namespace}/`, end: `${selection.namespace}0` };
}

function pageOfView(kind: ServedKind, cache: KindCache, view: OrderedView<CachedObject>, revision: number, selection: Selection, options: ListOptions, start: string): Page {
  const { prefix, end } = keyBounds(kind, selection);
  const first = prefix + start;
  if (options.limit === 0) {
    const all = view.range(first, end);
    return { items: selection.everything ? all : filtered(all, selection), revision, continue: "", remaining: undefined, single: false };
  }
  const items: CachedObject[] = [];
  let more = false;
  for (const object of view.range(first, end)) {
    if (items.length === options.limit) {
      more = true;
      break;
    }
    if (selection.everything || selection.matches(object)) items.push(object);
  }
  if (!more) return { items, revision, continue: "", remaining: undefined, single: false };
  const last = items.at(-1)!.key;
  cache.keepSnapshot(revision, view);
  const token = encodeContinue({ revision, start: `${last.slice(prefix.length)}\0` });
  return { items, revision, continue: token, remaining: selection.everything ? view.count(`${last}\0`, end) : undefined, single: false };
}

function* filtered(objects: Iterable<CachedObject>, selection: Selection): Generator<CachedObject> {
  for (const object of objects) if (selection.matches(object)) yield object;
}

async function continuedPage(registry: Registry, kind: ServedKind, cache: KindCache | undefined, selection: Selection, options: ListOptions): Promise<Page> {
  const token = decodeContinue(options.continue);
  if (token.revision > 0) return await exactPage(registry, kind, cache, selection, options, token);
  await registry.cache.fresh();
  return await newestPage(registry, kind, cache, selection, options, token.start);
}

/** A page of the state at one revision: from the cache where it has that state, else from the store's history. */
async function exactPage(registry: Registry, kind: ServedKind, cache: KindCache | undefined, selection: Selection, options: ListOptions, token: ContinueToken): Promise<Page> {
  await reach(registry, token.revision);
  const view = cache?.viewAt(token.revision, registry.cache.revision);
  if (cache !== undefined && view !== undefined && kind.view !== undefined) return await shownPage(kind, cache, view, token.revision, selection, options, token.start);
  if (cache !== undefined && view !== undefined) return pageOfView(kind, cache, view, token.revision, selection, options, token.start);
  try {
    return await pageOfStore(registry, kind, selection, options, token);
  } catch (error) {
    if (error instanceof FutureRevisionError) throw resourceVersionTooLarge(token.revision, error.currentRevision);
    if (!(error instanceof CompactedError)) throw error;
    if (options.continue === "") throw expired(OLD_LIST_TEXT);
    const restart = encodeContinue({ revision: -1, start: token.start });
    const { status } = expired(OLD_CONTINUE_TEXT);
    throw new StatusError({ ...status, metadata: { continue: restart } });
  }
}

/** A page from the store's history: custom resources are selected once they are shown. */
async function pageOfStore(registry: Registry, kind: ServedKind, selection: Selection, options: ListOptions, token: ContinueToken): Promise<Page> {
  const { prefix, end } = keyBounds(kind, selection);
  const { revision } = token;
  const single = kind.uncached ? singleKey(kind, selection) : undefined;
  if (single !== undefined) {
    const found = await readStored(registry.store, kind, single, revision);
    return { items: found !== undefined && selection.matches(found) ? [found] : [], revision, continue: "", remaining: undefined, single: true };
  }
  const range = { start: prefix + token.start, end, revision };
  if (options.limit === 0) return await unlimitedPage(registry, kind, selection, range);
  const items: CachedObject[] = [];
  const done = (token: string, remaining: number | undefined): Page => ({ items, revision, continue: token, remaining, single: false });
  for (let start = range.start; ; ) {
    const { objects, next, count } = await readPage(registry.store, kind, { ...range, start }, selection.everything ? options.limit - items.length : undefined);
    for (const object of await selected(kind, selection, objects)) {
      // One more than fits: so it is known that there are more.
      if (items.length === options.limit) return done(tokenBehind(items, prefix, revision), undefined);
      items.push(object);
    }
    if (next === undefined) return done("", undefined);
    if (selection.everything && items.length >= options.limit) return done(tokenBehind(items, prefix, revision), count - objects.length);
    start = next;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function tokenBehind(items: readonly CachedObject[], prefix: string, revision: number): string {
  return encodeContinue({ revision, start: `${items.at(-1)!.key.slice(prefix.length)}\0` });
}

/** Everything: the first objects now, of a kind that is not cached the others when they are asked for. */
async function unlimitedPage(registry: Registry, kind: ServedKind, selection: Selection, range: StoredRange): Promise<Page> {
  const { objects, next } = await readPage(registry.store, kind, range);
  const first = { items: await selected(kind, selection, objects), revision: range.revision, continue: "", remaining: undefined, single: false };
  if (next === undefined) return first;
  const page = { ...first, more: selectedPages(kind, selection, readPages(registry.store, kind, { ...range, start: next })) };
  return kind.uncached ? page : { ...first, items: await allItems(page) };
}

async function* selectedPages(kind: ServedKind, selection: Selection, pages: AsyncIterable<readonly CachedObject[]>): AsyncGenerator<readonly CachedObject[]> {
  for await (const objects of pages) yield await selected(kind, selection, objects);
}

async function selected(kind: ServedKind, selection: Selection, stored: readonly CachedObject[]): Promise<readonly CachedObject[]> {
  if (selection.everything) return await showAll(kind, stored);
  if (kind.uncached) return stored.filter((object) => selection.mayMatch(object.bytes) && selection.matches(object));
  return (await showAll(kind, stored)).filter((object) => selection.matches(object));
}

/** All objects of a page, read to its end. */
export async function allItems(page: Page): Promise<CachedObject[]> {
  const items = [...page.items];
  for await (const objects of page.more ?? []) for (const object of objects) items.push(object);
  return items;
}
