import { setOwn } from "../codec/zero.ts";
import { isMap, type JsonMap } from "../patch/json-value.ts";
import { below, children, EMPTY, type FieldSet, hasElement, isEmpty, isMember, type Level, makeNode } from "./field-set.ts";
import { itemElementOrNone } from "./list-item.ts";
import { type ListType, type MapType, type MergeType, typeFor } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/** The value without these paths. A container whose members all go becomes null; one that only something inside of them leaves stays, empty if need be (structured-merge-diff 6.3.2). */
export function removePaths(type: MergeType, value: unknown, paths: FieldSet): unknown {
  if (isEmpty(paths)) return value;
  const own = typeFor(type, value);
  if (own.type === "list") return removeItems(own, value, paths);
  return own.type === "map" ? removeFields(own, value, paths) : value;
}

function removeItems(type: ListType, value: unknown, paths: FieldSet): unknown {
  if (!Array.isArray(value) || value.length === 0 || type.relation === "atomic") return null;
  const kept: unknown[] = [];
  for (const item of value) {
    const element = itemElementOrNone(type, item);
    if (element !== undefined && hasElement(paths, element)) continue;
    kept.push(removeInside(type.items(), item, element === undefined ? EMPTY : below(paths, element)));
  }
  return kept.length === 0 ? null : kept;
}

/** Of a member that stays. */
function removeInside(type: MergeType, value: unknown, paths: FieldSet): unknown {
  const rest = removePaths(type, value, paths);
  if (rest !== null) return rest;
  return isMap(value) ? {} : Array.isArray(value) ? [] : null;
}

function removeFields(type: MapType, value: unknown, paths: FieldSet): unknown {
  if (!isMap(value) || Object.keys(value).length === 0 || type.relation === "atomic") return null;
  const kept: JsonMap = {};
  for (const name of Object.keys(value)) {
    const element = fieldElement(name);
    if (hasElement(paths, element)) continue;
    const field = type.field(name) ?? type.values();
    setOwn(kept, name, field === undefined ? value[name] : removeInside(field, value[name], below(paths, element)));
  }
  return Object.keys(kept).length === 0 ? null : kept;
}

/**
 * The set with every declared field on the way to a member made a member itself: a struct that holds nothing but what
 * is removed goes with it.
 */
export function withNamedFields(set: FieldSet, type: MergeType | undefined): FieldSet {
  const result: Level = {};
  for (const element of children(set)) {
    const node = set[element] as FieldSet;
    const { named, inner } = step(type, element);
    const made = makeNode(isMember(node) || (named && children(node).length > 0), withNamedFields(below(set, element), inner));
    if (made !== undefined) result[element] = made;
  }
  return result;
}

/** Whether the element is a declared field of the type, and the type below it. */
function step(type: MergeType | undefined, element: PathElement): { named: boolean; inner: MergeType | undefined } {
  if (type?.type === "map" && element.startsWith("f:")) {
    const declared = type.field(element.slice(2));
    return { named: declared !== undefined, inner: declared ?? type.values() };
  }
  if (type?.type === "list" && element.startsWith("k:")) return { named: false, inner: type.items() };
  return { named: false, inner: undefined };
}
