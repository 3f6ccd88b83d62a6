import { cloneJson, equalJson, hasMember, isMap, type JsonMap, memberOf, setMember } from "../json-value.ts";
import { goKindText, goValueText } from "../go-value.ts";
import { DELETE_FROM_PRIMITIVE_LIST, DIRECTIVE, RETAIN_KEYS, SET_ELEMENT_ORDER } from "./directives.ts";
import { noMergeKey } from "./errors.ts";
import { itemKind, sameKey, sortBy } from "./order.ts";
import { type FieldMeta, listField, objectField, type PatchSchema } from "./patch-schema.ts";

export interface DiffOptions {
  readonly additions: boolean;
  readonly deletions: boolean;
  /** Say the order of merged lists with `$setElementOrder`. */
  readonly elementOrder: boolean;
  readonly retainKeys?: boolean;
}

/** The strategic merge patch from `original` to `modified`, as far as the options ask. */
export function diffMaps(original: JsonMap, modified: JsonMap, schema: PatchSchema, options: DiffOptions): JsonMap {
  const patch: JsonMap = {};
  for (const key of Object.keys(modified)) {
    const after = modified[key];
    const before = memberOf(original, key);
    if (!hasMember(original, key) || goKindText(before) !== goKindText(after)) {
      if (options.additions) setMember(patch, key, cloneJson(after));
    } else if (isMap(before) && isMap(after)) diffMap(key, before, after, patch, schema, options);
    else if (Array.isArray(before) && Array.isArray(after)) diffList(key, before, after, patch, schema, options);
    else if (options.additions && !equalJson(before, after)) setMember(patch, key, cloneJson(after));
  }
  if (options.deletions) for (const key of Object.keys(original)) if (!hasMember(modified, key)) setMember(patch, key, null);
  if (options.retainKeys) addRetainKeys(original, modified, patch);
  return patch;
}

function addRetainKeys(original: JsonMap, modified: JsonMap, patch: JsonMap): void {
  const kept = Object.keys(modified).filter((key) => modified[key] !== null);
  const drops = Object.keys(original).some((key) => !hasMember(modified, key));
  if (kept.length > 0 && (Object.keys(patch).length > 0 || drops)) setMember(patch, RETAIN_KEYS, kept.sort());
}

/** What the schema says of a field; undefined where it knows none and the values are equal anyway. */
function fieldMeta(lookup: () => FieldMeta, before: unknown, after: unknown): FieldMeta | undefined {
  try {
    return lookup();
  } catch (error) {
    if (equalJson(before, after)) return undefined;
    throw error;
  }
}

function diffMap(key: string, before: JsonMap, after: JsonMap, patch: JsonMap, schema: PatchSchema, options: DiffOptions): void {
  const meta = fieldMeta(() => objectField(schema, key), before, after);
  if (meta === undefined) return;
  if (meta.strategy === "replace") {
    if (options.additions) setMember(patch, key, cloneJson(after));
    return;
  }
  const inner = diffMaps(before, after, meta.schema, { ...options, retainKeys: meta.retainKeys });
  if (Object.keys(inner).length > 0) setMember(patch, key, inner);
}

function diffList(key: string, before: unknown[], after: unknown[], patch: JsonMap, schema: PatchSchema, options: DiffOptions): void {
  const meta = fieldMeta(() => listField(schema, key), before, after);
  if (meta === undefined) return;
  if (meta.strategy !== "merge") {
    if (options.additions && !equalJson(before, after)) setMember(patch, key, cloneJson(after));
    return;
  }
  const { changed, deleted, order } = diffMergedLists(before, after, meta, { ...options, retainKeys: meta.retainKeys });
  if (changed.length > 0) setMember(patch, key, changed);
  if (deleted.length > 0) setMember(patch, `${DELETE_FROM_PRIMITIVE_LIST}/${key}`, deleted);
  if (order.length > 0) setMember(patch, `${SET_ELEMENT_ORDER}/${key}`, order);
}

interface ListDiff {
  readonly changed: unknown[];
  readonly deleted: unknown[];
  readonly order: unknown[];
}

function diffMergedLists(before: unknown[], after: unknown[], meta: FieldMeta, options: DiffOptions): ListDiff {
  if (before.length === 0) return { changed: options.additions ? cloneJson(after) : [], deleted: [], order: [] };
  if (itemKind(before, after) === "scalar") return diffScalars(before, after, options);
  const { mergeKey } = meta;
  const { changed, deletions } = diffItems(before as JsonMap[], after as JsonMap[], meta, options);
  const list = [...sortBy(changed, after, mergeKey, "map"), ...deletions];
  const sameOrder = before.length === after.length && before.every((item, i) => sameKey(item, after[i], mergeKey));
  const says = options.elementOrder && ((options.additions && (list.length > 0 || !sameOrder)) || (options.deletions && list.length > 0));
  return { changed: list, deleted: [], order: says ? (after as JsonMap[]).map((item) => ({ [mergeKey]: item[mergeKey] })) : [] };
}

function diffScalars(before: unknown[], after: unknown[], options: DiffOptions): ListDiff {
  const changed = options.additions ? after.filter((item) => !before.includes(item)) : [];
  const deleted = options.deletions ? [...new Set(before.filter((item) => !after.includes(item)))].sort() : [];
  const says = options.elementOrder && ((options.deletions && deleted.length > 0) || (options.additions && !equalJson(before, after)));
  return { changed, deleted, order: says ? [...after] : [] };
}

function diffItems(before: readonly JsonMap[], after: readonly JsonMap[], meta: FieldMeta, options: DiffOptions): { changed: JsonMap[]; deletions: JsonMap[] } {
  const { mergeKey } = meta;
  const byKey = new Map(before.map((item) => [keyText(item, mergeKey), item]));
  const changed: JsonMap[] = [];
  const seen = new Set<string>();
  for (const item of after) {
    const text = keyText(item, mergeKey);
    seen.add(text);
    const old = byKey.get(text);
    if (old === undefined) {
      if (options.additions) changed.push(cloneJson(item));
      continue;
    }
    const inner = diffMaps(old, item, meta.schema, options);
    if (Object.keys(inner).length > 0) changed.push({ ...inner, [mergeKey]: item[mergeKey] });
  }
  const gone = options.deletions ? [...byKey].filter(([text]) => !seen.has(text)).sort(([a], [b]) => (a < b ? -1 : 1)) : [];
  return { changed, deletions: gone.map(([, item]) => ({ [DIRECTIVE]: "delete", [mergeKey]: item[mergeKey] })) };
}

function keyText(item: JsonMap, mergeKey: string): string {
  if (!hasMember(item, mergeKey)) throw noMergeKey(item, mergeKey);
  return goValueText(item[mergeKey]);
}
