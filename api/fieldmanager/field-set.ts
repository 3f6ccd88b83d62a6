import { canonicalElement, compareElements, type PathElement } from "./path-element.ts";

/**
 * A set of paths as a tree, just as managedFields' `fieldsV1` writes it: `{}` is a member without anything below it,
 * `{".": {}, …}` a member with members below, `{…}` only a step on the way. Immutable: every operation makes a new tree
 * and may share parts.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet;
}

/** A tree that is being made. */
export type Level = Record<PathElement, FieldSet>;

const SELF = ".";
const MEMBER: FieldSet = Object.freeze({});
/** No path at all. Only the root of a set can be empty in this sense. */
export const EMPTY: FieldSet = Object.freeze({});

/** Whether the node of a path is itself a member. */
export function isMember(node: FieldSet): boolean {
  return SELF in node || isEmpty(node);
}

/** Whether there is nothing in it. */
export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** The elements below a node. */
export function children(node: FieldSet): PathElement[] {
  const elements = Object.keys(node);
  return SELF in node ? elements.filter((element) => element !== SELF) : elements;
}

/** A node from its parts; undefined when it says nothing. `below` is the node's from now on. */
export function makeNode(member: boolean, below: Level | undefined): FieldSet | undefined {
  if (below === undefined || isEmpty(below)) return member ? MEMBER : undefined;
  if (member) below[SELF] = MEMBER;
  return below;
}

/** The level with a node put at an element. `below` is the node's from now on. */
export function putNode(level: Level | undefined, element: PathElement, member: boolean, below: Level | undefined): Level | undefined {
  const node = makeNode(member, below);
  if (node === undefined) return level;
  const made = level ?? {};
  made[element] = node;
  return made;
}

/** A set of these paths. */
export function fieldSetOf(...paths: readonly (readonly PathElement[])[]): FieldSet {
  return paths.map(pathSet).reduce(union, EMPTY);
}

function pathSet(path: readonly PathElement[]): FieldSet {
  return path.reduceRight<FieldSet>((node, element) => ({ [element]: node }), MEMBER);
}

/** Paths of either; the first itself where the second adds nothing. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return unionLevels(a, b) ?? a;
}

/** Paths of any, in time that hardly grows faster than the sets: two and two, since a union copies both. */
export function unionAll(sets: readonly FieldSet[]): FieldSet {
  let left = sets;
  while (left.length > 1) left = Array.from({ length: Math.ceil(left.length / 2) }, (_, i) => union(left[2 * i] ?? EMPTY, left[2 * i + 1] ?? EMPTY));
  return left[0] ?? EMPTY;
}

/** undefined: the second adds nothing below. */
function unionLevels(a: FieldSet, b: FieldSet): Level | undefined {
  let result: Level | undefined;
  for (const element of children(b)) {
    const [mine, theirs] = [a[element], b[element] as FieldSet];
    const node = mine === undefined ? theirs : unionNodes(mine, theirs);
    if (node !== mine) (result ??= { ...a })[element] = node;
  }
  return result;
}

function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const [member, joins] = [isMember(a), !isMember(a) && isMember(b)];
  const below = unionLevels(a, b);
  if (below === undefined && !joins) return a;
  const { [SELF]: _self, ...rest } = below ?? a;
  return makeNode(member || joins, rest) ?? MEMBER;
}

/** Paths of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(a) || isEmpty(b) ? EMPTY : combine(a, b, (x, y) => x && y, false);
}

/** Paths of the first that are not in the second; what lies below a path of the second stays. The first itself where nothing goes. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmpty(a) || isEmpty(b) || !meet(a, b) ? a : combine(a, b, (x, y) => x && !y, true);
}

/** Whether some path is in both. */
function meet(a: FieldSet, b: FieldSet): boolean {
  // By the first: what one write removed is asked about once for each of many managers.
  for (const element of children(a)) {
    const theirs = b[element];
    const mine = a[element] as FieldSet;
    if (theirs !== undefined && ((isMember(mine) && isMember(theirs)) || meet(mine, theirs))) return true;
  }
  return false;
}

/** `keepsAlone`: elements that only the first has stay. */
function combine(a: FieldSet, b: FieldSet, member: (x: boolean, y: boolean) => boolean, keepsAlone: boolean): FieldSet {
  const result: Level = {};
  for (const element of children(a)) {
    const [mine, theirs] = [a[element] as FieldSet, b[element]];
    if (theirs === undefined) {
      if (keepsAlone) result[element] = mine;
      continue;
    }
    const node = makeNode(member(isMember(mine), isMember(theirs)), combine(mine, theirs, member, keepsAlone));
    if (node !== undefined) result[element] = node;
  }
  return result;
}

/** Paths of the first that neither are in the second nor lie below one that is. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmpty(a) || isEmpty(b)) return a;
  const result: Level = {};
  for (const element of children(a)) {
    const [mine, theirs] = [a[element] as FieldSet, b[element]];
    if (theirs === undefined) result[element] = mine;
    else if (!isMember(theirs)) {
      const node = makeNode(isMember(mine), { ...recursiveDifference(below(a, element), theirs) });
      if (node !== undefined) result[element] = node;
    }
  }
  return result;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const elements = children(a);
  if (elements.length !== children(b).length) return false;
  return elements.every((element) => {
    const [mine, theirs] = [a[element] as FieldSet, b[element]];
    return theirs !== undefined && isMember(mine) === isMember(theirs) && equalSets(mine, theirs);
  });
}

/** Whether the element right below the root is a member. */
export function hasElement(set: FieldSet, element: PathElement): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** What lies below an element. */
export function below(set: FieldSet, element: PathElement): FieldSet {
  const node = set[element];
  if (node === undefined) return EMPTY;
  if (!(SELF in node)) return node;
  const { [SELF]: _self, ...rest } = node;
  return rest;
}

/** Calls back for every path: at each level the members first, in order, then what lies below. */
export function forEachPath(set: FieldSet, visit: (path: readonly PathElement[]) => void, prefix: readonly PathElement[] = []): void {
  const elements = children(set).sort(compareElements);
  for (const element of elements) if (isMember(set[element] as FieldSet)) visit([...prefix, element]);
  for (const element of elements) forEachPath(set[element] as FieldSet, visit, [...prefix, element]);
}

/** As `fieldsV1`: elements in order, `.` first. */
export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (SELF in set) result[SELF] = {};
  const elements = children(set);
  if (elements.length > 1) elements.sort(compareElements);
  for (const element of elements) result[element] = toFieldsV1(set[element] as FieldSet);
  return result;
}

/** Deepest nesting of a set that is read. */
const MAX_DEPTH = 200;

/** The set that `fieldsV1` writes; undefined when it is none. */
export function fromFieldsV1(value: unknown, depth = 0): FieldSet | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value) || depth > MAX_DEPTH) return undefined;
  const set: Level = {};
  for (const text of Object.keys(value)) {
    const inner: unknown = (value as Record<string, unknown>)[text];
    if (text === SELF) {
      // At the root there is nothing that it could stand for.
      if (depth > 0) set[SELF] = MEMBER;
      continue;
    }
    const element = canonicalElement(text);
    const node = element === undefined ? undefined : fromFieldsV1(inner, depth + 1);
    if (element === undefined || node === undefined) return undefined;
    set[element] = node;
  }
  return set;
}
