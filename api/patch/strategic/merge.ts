import { equalJson, hasMember, isMap, type JsonMap, memberOf, setMember } from "../json-value.ts";
import { goKindText, goValueText } from "../go-value.ts";
import { DELETE_FROM_PRIMITIVE_LIST, DIRECTIVE, RETAIN_KEYS, SET_ELEMENT_ORDER } from "./directives.ts";
import { badArgument, badPatchType, badPrimitiveList, badRetainKeys, badSetElementOrder, merging, noMergeKey } from "./errors.ts";
import { interleave, itemKind, KeyIndex, partition, sameKey, splitDeletions } from "./order.ts";
import { listField, objectField, type PatchSchema } from "./patch-schema.ts";

export interface MergeOptions {
  /** Carry out `$setElementOrder`, `$retainKeys` and deletions; else (merging two patches) they are passed on. */
  readonly carryOut: boolean;
  /** A null for what is not there is dropped; else (merging two patches) it is kept. */
  readonly dropNulls: boolean;
}

export const APPLYING: MergeOptions = { carryOut: true, dropNulls: true };
export const COMBINING: MergeOptions = { carryOut: false, dropNulls: false };

/**
 * Merges a strategic merge patch into `original`, which is changed, as is the patch (callers give copies).
 * @throws StatusError as kube-apiserver words it
 */
export function mergeMap(original: JsonMap, patch: JsonMap, schema: PatchSchema, options: MergeOptions): JsonMap {
  if (hasMember(patch, DIRECTIVE)) return carryOutDirective(patch);
  retainKeys(original, patch, options);
  setElementOrders(original, patch, schema, options);
  for (const key of Object.keys(patch)) mergeMember(original, key, patch[key], schema, options);
  return original;
}

function carryOutDirective(patch: JsonMap): JsonMap {
  const directive = patch[DIRECTIVE];
  if (directive === "delete") return {};
  if (directive !== "replace") throw badPatchType(directive, patch);
  delete patch[DIRECTIVE];
  return patch;
}

function mergeMember(original: JsonMap, patchKey: string, value: unknown, schema: PatchSchema, options: MergeOptions): void {
  const deletes = patchKey.startsWith(DELETE_FROM_PRIMITIVE_LIST);
  if (deletes && !options.carryOut) return setMember(original, patchKey, value);
  const key = deletes ? fieldOfDirective(patchKey, DELETE_FROM_PRIMITIVE_LIST) : patchKey;
  if (value === null) {
    delete original[key];
    if (options.dropNulls) return;
  }
  const before = memberOf(original, key);
  if (before === undefined || goKindText(before) !== goKindText(value)) {
    if (!deletes) take(original, key, value, options);
  } else if (isMap(before) && isMap(value)) {
    const field = objectField(schema, key);
    setMember(original, key, field.strategy === "replace" ? value : mergeMap(before, value, field.schema, options));
  } else if (Array.isArray(before) && Array.isArray(value)) {
    const field = listField(schema, key);
    const merges = field.strategy === "merge" || deletes;
    setMember(original, key, merges ? mergeList(before, value, field.schema, field.mergeKey, options, deletes) : value);
  } else setMember(original, key, value);
}

/** The patch's value as it is, where there was none. */
function take(original: JsonMap, key: string, value: unknown, options: MergeOptions): void {
  if (options.dropNulls) dropNulls(value);
  const { kept, keeps } = hasMember(original, key) || !options.carryOut ? { kept: value, keeps: true } : withoutDirectives(value);
  if (keeps) setMember(original, key, kept);
}

function dropNulls(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(item);
  else if (isMap(value)) {
    for (const key of Object.keys(value)) {
      if (value[key] === null) delete value[key];
      else dropNulls(value[key]);
    }
  }
}

/** Maps with a directive vanish: there is nothing that it could be carried out on. */
function withoutDirectives(value: unknown): { kept: unknown; keeps: boolean } {
  if (Array.isArray(value)) {
    const items = value.map(withoutDirectives).filter((item) => item.keeps);
    return { kept: items.map((item) => item.kept), keeps: true };
  }
  if (!isMap(value)) return { kept: value, keeps: true };
  if (hasMember(value, DIRECTIVE)) return { kept: undefined, keeps: false };
  for (const key of Object.keys(value)) {
    const { kept, keeps } = withoutDirectives(value[key]);
    if (keeps) setMember(value, key, kept);
    else delete value[key];
  }
  return { kept: value, keeps: true };
}

/** `$retainKeys`: members of the original that it does not name go. */
function retainKeys(original: JsonMap, patch: JsonMap, options: MergeOptions): void {
  const keys = memberOf(patch, RETAIN_KEYS);
  if (keys === undefined) return;
  delete patch[RETAIN_KEYS];
  if (!options.carryOut) {
    const own = memberOf(original, RETAIN_KEYS);
    if (own !== undefined && !equalJson(own, keys)) throw merging(`${goValueText(own)} and ${goValueText(keys)} are not deep equal: this may happen when calculating the 3-way diff patch`);
    setMember(original, RETAIN_KEYS, keys);
    return;
  }
  if (!Array.isArray(keys)) throw badRetainKeys();
  const retained = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    const isDirective = key.startsWith(DELETE_FROM_PRIMITIVE_LIST) || key.startsWith(SET_ELEMENT_ORDER);
    if (patch[key] !== null && !isDirective && !retained.has(key)) throw badRetainKeys();
  }
  for (const key of Object.keys(original)) if (!retained.has(key)) delete original[key];
}

function fieldOfDirective(key: string, prefix: string): string {
  const slash = key.indexOf("/");
  if (slash >= 0 && key.slice(0, slash) === prefix) return key.slice(slash + 1);
  throw prefix === SET_ELEMENT_ORDER ? badSetElementOrder() : badPrimitiveList();
}

/** `$setElementOrder/FIELD`: the field's list is merged with it at once, and does not come up again. */
function setElementOrders(original: JsonMap, patch: JsonMap, schema: PatchSchema, options: MergeOptions): void {
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ELEMENT_ORDER)) continue;
    const order = patch[key];
    if (!options.carryOut) {
      const own = memberOf(original, key);
      if (own !== undefined && !equalJson(own, order)) throw badSetElementOrder();
      setMember(original, key, order);
    }
    delete patch[key];
    if (!Array.isArray(order)) throw badArgument("list", order);
    setElementOrder(original, patch, fieldOfDirective(key, SET_ELEMENT_ORDER), order, schema, options);
  }
}

function setElementOrder(original: JsonMap, patch: JsonMap, field: string, order: readonly unknown[], schema: PatchSchema, options: MergeOptions): void {
  const before = listMember(original, field);
  const patched = listMember(patch, field);
  const meta = listField(schema, field);
  checkOrder(patched ?? [], order, meta.mergeKey);
  if (before === undefined && patched === undefined) return;
  let merged: unknown[];
  if (patched === undefined) merged = before ?? [];
  else if (before === undefined) merged = withoutDirectives(patched).kept as unknown[];
  else merged = meta.strategy === "merge" ? mergeList(before, patched, meta.schema, meta.mergeKey, options, false) : patched;
  const { inside, outside } = partition(merged, order, meta.mergeKey);
  const kind = itemKind(before ?? [], patched ?? []);
  setMember(original, field, interleave(inside, outside, order, before ?? [], meta.mergeKey, kind));
  delete patch[field];
}

function listMember(map: JsonMap, key: string): unknown[] | undefined {
  const value = memberOf(map, key);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw badArgument("list", value);
  return value;
}

/** The items of the patch must stand in the order in the same sequence. */
function checkOrder(patched: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (patched.length === 0) return;
  const items = mergeKey === "" ? patched : splitDeletions(patched).kept;
  let next = 0;
  for (const place of order) if (next < items.length && sameKey(items[next], place, mergeKey)) next++;
  if (next < items.length) throw merging(`The order in patch list:\n${goValueText(patched)}\n doesn't match ${SET_ELEMENT_ORDER} list:\n${goValueText(order)}\n`);
}

function mergeList(before: unknown[], patched: unknown[], items: PatchSchema, mergeKey: string, options: MergeOptions, deletes: boolean): unknown[] {
  if (before.length === 0 && patched.length === 0) return before;
  const kind = itemKind(before, patched);
  if (kind === "scalar") {
    if (options.carryOut && deletes) return before.filter((item) => !patched.includes(item));
    const merged = [...new Set([...before, ...patched])];
    const { inside, outside } = partition(merged, patched, "");
    return interleave(inside, outside, patched, before, "", kind);
  }
  if (mergeKey === "") throw merging(`cannot merge lists without merge key for ${items?.type === "object" ? items.definition.slice(items.definition.lastIndexOf(".") + 1) : ""}`);
  const special = carryOutItems(before, patched as JsonMap[], mergeKey);
  const merged = mergeItems([...special.before], special.patched, mergeKey, items, options);
  const { inside, outside } = partition(merged, special.patched, mergeKey);
  return interleave(inside, outside, special.patched, special.before, mergeKey, kind);
}

/** Items with a directive: `delete` removes the matching one, `replace` drops all that was there. */
function carryOutItems(before: readonly unknown[], patched: readonly JsonMap[], mergeKey: string): { before: readonly unknown[]; patched: JsonMap[] } {
  const deleted = new Set<unknown>();
  let replaces = false;
  const ordinary: JsonMap[] = [];
  for (const item of patched) {
    if (!hasMember(item, DIRECTIVE)) ordinary.push(item);
    else if (item[DIRECTIVE] === "delete") {
      if (!hasMember(item, mergeKey)) throw noMergeKey(item, mergeKey);
      deleted.add(item[mergeKey]);
    } else if (item[DIRECTIVE] === "replace") replaces = true;
    else if (item[DIRECTIVE] === "merge") throw merging("merging lists cannot yet be specified in the patch");
    else throw badPatchType(item[DIRECTIVE], item);
  }
  const stays = (item: unknown) => !isMap(item) || !hasMember(item, mergeKey) || !deleted.has(item[mergeKey]);
  return { before: replaces ? [] : deleted.size === 0 ? before : before.filter(stays), patched: ordinary };
}

function mergeItems(list: unknown[], patched: readonly JsonMap[], mergeKey: string, items: PatchSchema, options: MergeOptions): unknown[] {
  const index = new KeyIndex(list, mergeKey);
  for (const item of patched) {
    if (!hasMember(item, mergeKey)) throw noMergeKey(item, mergeKey);
    const value = item[mergeKey];
    const at = index.of(value);
    if (at < 0) index.add(item, list.push(item) - 1);
    else {
      const merged = mergeMap(list[at] as JsonMap, item, items, options);
      list[at] = merged;
      // A directive can take the key itself away.
      if (memberOf(merged, mergeKey) !== value) {
        index.dropFirst(value);
        index.add(merged, at);
      }
    }
  }
  return list;
}
