import { equalJson } from "../patch/json-value.ts";
import { type Comparison, compareValues } from "./compare.ts";
import { ConflictError } from "./conflicts.ts";
import { difference, EMPTY, type FieldSet, intersection, isEmpty, union, unionAll } from "./field-set.ts";
import type { ManagerFields } from "./managed.ts";
import { mergeValues } from "./merge.ts";
import type { MergeType } from "./merge-type.ts";
import { removePaths, withNamedFields } from "./remove.ts";
import { type FieldFilter, filterPaths } from "./reset-fields.ts";
import { toFieldSet } from "./to-field-set.ts";

/** The values of one kind in all versions in which managers may have written it. */
export interface Versions {
  /** The type of the kind in a version; undefined when there is none: managers of that version are forgotten. */
  typeOf(apiVersion: string): MergeType | undefined;
  /** A value of one version as another one's. */
  convert(value: unknown, from: string, to: string): unknown;
}

/** What a write is about. */
export interface Writing {
  readonly versions: Versions;
  readonly type: MergeType;
  readonly apiVersion: string;
  /** What the kind will not take from this write: nobody comes to own it, nobody loses it. */
  readonly filter: FieldFilter;
}

type Managers = Map<string, ManagerFields>;

/**
 * A write other than apply: `id` comes to own what it changed, all others lose it but `writer`, to whom it will be added
 * (what he owned already stays the very same set). `managers` is changed.
 */
export function trackUpdate(writing: Writing, live: unknown, next: unknown, managers: Managers, id: string, writer = id): void {
  const comparison = spread(writing, live, next, managers, id, true, writer);
  const before = managers.get(id)?.set ?? EMPTY;
  const set = filterPaths(writing.filter, union(difference(before, comparison.removed), comparison.changed));
  if (isEmpty(set)) managers.delete(id);
  else managers.set(id, { set, apiVersion: writing.apiVersion, applied: false });
}

/**
 * Lays a configuration over the live value; what `id` applied before and says no more goes, unless another manager owns
 * it. `managers` is changed. The new value, undefined when it is as before.
 * @throws ConflictError
 */
export function applyConfiguration(writing: Writing, live: unknown, config: unknown, managers: Managers, id: string, force: boolean): unknown {
  const { type, apiVersion, filter } = writing;
  const merged = mergeValues(type, live, config);
  const last = managers.get(id);
  managers.set(id, { set: filterPaths(filter, toFieldSet(type, config)), apiVersion, applied: true });
  const next = last === undefined || isEmpty(last.set) ? merged : prune(writing, merged, managers, last);
  spread(writing, live, next, managers, id, force, id, true);
  return equalJson(live, next) ? undefined : next;
}

/** Takes what a write changed from all managers but `id` and `writer`, and what it removed from all but `id`. `literal`: see compareValues. @throws ConflictError without force */
function spread(writing: Writing, live: unknown, next: unknown, managers: Managers, id: string, force: boolean, writer = id, literal = false): Comparison {
  const skip = "except" in writing.filter ? writing.filter.except : EMPTY;
  const own = filtered(compareValues(writing.type, live, next, skip, literal), writing.filter);
  const comparisons = new Map<string, Comparison>([[writing.apiVersion, own]]);
  const conflicts = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const [manager, fields] of [...managers]) {
    if (manager === id) continue;
    const comparison = comparisons.get(fields.apiVersion) ?? compareIn(writing, fields.apiVersion, live, next);
    if (comparison === undefined) {
      managers.delete(manager);
      continue;
    }
    comparisons.set(fields.apiVersion, comparison);
    const conflict = manager === writer ? EMPTY : intersection(fields.set, comparison.changed);
    if (!isEmpty(conflict)) conflicts.set(manager, conflict);
    if (!isEmpty(comparison.removed)) removed.set(manager, comparison.removed);
  }
  if (!force && conflicts.size > 0) throw new ConflictError(conflicts);
  for (const lost of [conflicts, removed]) for (const [manager, paths] of lost) lose(managers, manager, paths);
  for (const [manager, { set }] of managers) if (isEmpty(set)) managers.delete(manager);
  return own;
}

function lose(managers: Managers, manager: string, paths: FieldSet): void {
  const fields = managers.get(manager) as ManagerFields;
  managers.set(manager, { ...fields, set: difference(fields.set, paths) });
}

function compareIn(writing: Writing, apiVersion: string, live: unknown, next: unknown): Comparison | undefined {
  const type = writing.versions.typeOf(apiVersion);
  if (type === undefined) return undefined;
  const convert = (value: unknown): unknown => writing.versions.convert(value, writing.apiVersion, apiVersion);
  return compareValues(type, convert(live), convert(next));
}

function filtered(comparison: Comparison, filter: FieldFilter): Comparison {
  return { changed: filterPaths(filter, comparison.changed), removed: filterPaths(filter, comparison.removed) };
}

/** The merged value without what the last configuration had and nobody owns any more. */
function prune(writing: Writing, merged: unknown, managers: Managers, last: ManagerFields): unknown {
  const { versions, apiVersion } = writing;
  const type = versions.typeOf(last.apiVersion);
  if (type === undefined) return merged;
  const before = last.apiVersion === apiVersion ? merged : versions.convert(merged, apiVersion, last.apiVersion);
  let pruned = removePaths(type, before, withNamedFields(last.set, type));
  pruned = keepOwned(writing, before, pruned, managers, last.apiVersion);
  const kept = withNamedFields(toFieldSet(type, pruned), type);
  const gone = difference(withNamedFields(toFieldSet(type, before), type), kept);
  const result = removePaths(type, before, intersection(gone, withNamedFields(last.set, type)));
  return last.apiVersion === apiVersion ? result : versions.convert(result, last.apiVersion, apiVersion);
}

/** Puts back what any manager owns. All in the version of the last configuration first, then in the managers' own. */
function keepOwned(writing: Writing, merged: unknown, pruned: unknown, managers: Managers, version: string): unknown {
  const sets = Map.groupBy(managers.values(), ({ apiVersion }) => apiVersion);
  const owned = new Map([...sets].map(([apiVersion, of]) => [apiVersion, unionAll(of.map(({ set }) => set))]));
  let [result, current] = [pruned, version];
  const order = [version, ...[...owned.keys()].filter((other) => other !== version).sort()];
  for (const target of order) {
    const type = writing.versions.typeOf(target);
    if (type === undefined) continue;
    const convert = (value: unknown, from: string): unknown => (from === target ? value : writing.versions.convert(value, from, target));
    const [whole, part] = [convert(merged, version), convert(result, current)];
    const named = (set: FieldSet): FieldSet => withNamedFields(set, type);
    const keep = union(named(toFieldSet(type, part)), named(owned.get(target) ?? EMPTY));
    result = removePaths(type, whole, difference(named(toFieldSet(type, whole)), keep));
    current = target;
  }
  return current === version ? result : writing.versions.convert(result, current, version);
}
