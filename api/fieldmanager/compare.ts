import { equalJson, hasMember, isMap, type JsonMap } from "../patch/json-value.ts";
import { EMPTY, type FieldSet, hasElement, isEmpty, type Level, putNode } from "./field-set.ts";
import { itemElementOrNone } from "./list-item.ts";
import { type ListType, type MapType, type MergeType, typeFor } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/** What a change did. */
export interface Comparison {
  /** Paths that are new or hold another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/**
 * From the first value to the second. Values of structs may be in wire form or normalised; `literal`: both are as the wire has them, and an empty list or map that it would leave out is
 * one all the same (what a configuration was laid over). Members of the root that `skip` names are not looked at.
 */
export function compareValues(type: MergeType, before: unknown, after: unknown, skip: FieldSet = EMPTY, literal = false): Comparison {
  const root = new Node(literal);
  compare(type, isEmpty(skip) ? before : without(before, skip), isEmpty(skip) ? after : without(after, skip), root, false);
  return { changed: root.changedBelow ?? {}, removed: root.removedBelow ?? {} };
}

function without(value: unknown, skip: FieldSet): unknown {
  if (!isMap(value)) return value;
  const rest = { ...value };
  for (const name in value) if (hasElement(skip, fieldElement(name))) delete rest[name];
  return rest;
}

/** What happened at and below one path. */
class Node {
  readonly literal: boolean;
  changed = false;
  removed = false;
  changedBelow: Level | undefined;
  removedBelow: Level | undefined;

  constructor(literal: boolean) {
    this.literal = literal;
  }

  /** Takes in what happened at a step below. */
  put(element: PathElement, node: Node): void {
    if (node.changed || node.changedBelow !== undefined) this.changedBelow = putNode(this.changedBelow, element, node.changed, node.changedBelow);
    if (node.removed || node.removedBelow !== undefined) this.removedBelow = putNode(this.removedBelow, element, node.removed, node.removedBelow);
  }
}

/** `undefined` is an absent value, null one that is there. */
function compare(type: MergeType, before: unknown, after: unknown, node: Node, inLeaf: boolean): void {
  const [left, right] = [typeFor(type, before), typeFor(type, after)];
  let leaf = inLeaf;
  if (after === undefined) leaf = compareAs(left, before, after, node, inLeaf);
  else if (before === undefined || sameShape(left, right)) leaf = compareAs(right, before, after, node, inLeaf);
  else {
    compareAs(left, before, after, node, inLeaf);
    leaf = compareAs(right, before, after, node, inLeaf);
  }
  if (leaf) return;
  if (before === undefined) node.changed = true;
  else if (after === undefined) node.removed = true;
}

/** Whether it was a leaf. */
function compareAs(type: ReturnType<typeof typeFor>, before: unknown, after: unknown, node: Node, inLeaf: boolean): boolean {
  if (inLeaf) return true;
  if (type.type === "scalar" || type.relation === "atomic" || (isEmptyValue(type, before, node.literal) && isEmptyValue(type, after, node.literal))) {
    compareLeaves(before, after, node);
    return true;
  }
  if (type.type === "list") compareItems(type, before, after, node);
  else compareFields(type, before, after, node);
  return false;
}

function compareLeaves(before: unknown, after: unknown, node: Node): void {
  if (before === undefined) node.changed = true;
  else if (after === undefined) node.removed = true;
  else if (!equalJson(before, after)) node.changed = true;
}

function compareFields(type: MapType, before: unknown, after: unknown, node: Node): void {
  const [left, right] = [isMap(before) ? before : NOTHING, isMap(after) ? after : NOTHING];
  for (const name in left) compareField(type, name, left, right, node);
  for (const name in right) if (!hasMember(left, name)) compareField(type, name, left, right, node);
  // What comes or goes brings the nulls along that the wire shows of it.
  if (node.literal || type.wire === undefined || (left === NOTHING) === (right === NOTHING)) return;
  for (const name of type.wire.nulls) if (!hasMember(left, name) && !hasMember(right, name)) compareField(type, name, left, right, node);
}

function compareField(type: MapType, name: string, left: JsonMap, right: JsonMap, node: Node): void {
  const [before, after] = [wireMember(type, left, name, node.literal), wireMember(type, right, name, node.literal)];
  // Most members of most writes are as they were.
  if (before === after || (typeof before === "object" && equalJson(before, after))) return;
  const field = type.field(name) ?? type.values();
  if (field === undefined) return;
  const inner = new Node(node.literal);
  compare(field, before, after, inner, false);
  node.put(fieldElement(name), inner);
}

function compareItems(type: ListType, before: unknown, after: unknown, node: Node): void {
  const [left, right] = [byElement(type, before), byElement(type, after)];
  for (const [element, items] of left) compareElement(type, items, right.get(element) ?? [], node, element);
  for (const [element, items] of right) if (!left.has(element)) compareElement(type, [], items, node, element);
}

/** Items that stand several times are compared as one value. */
function compareElement(type: ListType, before: readonly unknown[], after: readonly unknown[], node: Node, element: PathElement): void {
  if (before.length === 1 && after.length === 1 && equalJson(before[0], after[0])) return;
  const inner = new Node(node.literal);
  if (before.length <= 1 && after.length <= 1) compare(type.items(), before[0], after[0], inner, false);
  else if (before.length >= 2 && after.length >= 2) inner.changed = !equalJson(before, after);
  else if (before.length >= 2) {
    if (after.length > 0) compare(type.items(), undefined, after[0], inner, false);
    inner.removed = true;
  } else {
    if (before.length > 0) compare(type.items(), before[0], undefined, inner, false);
    inner.changed = true;
  }
  node.put(element, inner);
}

function sameShape(a: MergeType, b: MergeType): boolean {
  return a === b || (a.type === b.type && a.type !== "scalar") || (a.type === "scalar" && b.type === "scalar");
}

/** No value, null, or a container without anything in it: treated as a leaf, so that none and empty stay apart. */
function isEmptyValue(type: MergeType, value: unknown, literal: boolean): boolean {
  if (type.type === "list") return !Array.isArray(value) || value.length === 0;
  return type.type === "map" && (!isMap(value) || isBare(type, value, literal));
}

const NOTHING: JsonMap = Object.freeze({});

/** A member as the wire has it; undefined when it is left out. */
function wireMember(type: MapType, map: JsonMap, name: string, literal: boolean): unknown {
  const value = hasMember(map, name) ? map[name] : undefined;
  if (literal || type.wire === undefined || map === NOTHING) return value;
  if (value === undefined) return type.wire.nulls.has(name) ? null : undefined;
  if (typeof value === "object" && type.wire.omitted.has(name) && isEmptyContainer(value)) return undefined;
  return value;
}

function isBare(type: MapType, map: JsonMap, literal: boolean): boolean {
  if (!literal && type.wire !== undefined && type.wire.nulls.size > 0) return false;
  for (const name in map) if (wireMember(type, map, name, literal) !== undefined) return false;
  return true;
}

function isEmptyContainer(value: object | null): boolean {
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

/** The items of a list by their element, in order. */
function byElement(type: ListType, value: unknown): Map<PathElement, unknown[]> {
  const items = new Map<PathElement, unknown[]>();
  if (!Array.isArray(value)) return items;
  for (const item of value) {
    const element = itemElementOrNone(type, item);
    if (element === undefined) continue;
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}
