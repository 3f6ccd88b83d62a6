import { isMap } from "../patch/json-value.ts";
import { type FieldSet, type Level, putNode } from "./field-set.ts";
import { itemElementOrNone } from "./list-item.ts";
import { type ListType, type MapType, type MergeType, typeFor } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/** The paths that a configuration says something about: its leaves, items and map entries. */
export function toFieldSet(type: MergeType, value: unknown): FieldSet {
  return collect(type, value).below ?? {};
}

interface Collected {
  readonly member: boolean;
  readonly below?: Level | undefined;
}

function collect(type: MergeType, value: unknown): Collected {
  const own = typeFor(type, value);
  if (own.type === "scalar" || own.relation === "atomic") return { member: true };
  return { member: false, below: own.type === "list" ? collectItems(own, value) : collectFields(own, value) };
}

function collectItems(type: ListType, value: unknown): Level | undefined {
  if (!Array.isArray(value)) return undefined;
  const elements = value.map((item) => itemElementOrNone(type, item));
  const counts = new Map<PathElement, number>();
  for (const element of elements) if (element !== undefined) counts.set(element, (counts.get(element) ?? 0) + 1);
  let level: Level | undefined;
  value.forEach((item, i) => {
    const element = elements[i];
    if (element === undefined) return;
    // An item that stands several times is owned as a whole.
    level = putNode(level, element, true, counts.get(element) === 1 ? collect(type.items(), item).below : undefined);
  });
  return level;
}

function collectFields(type: MapType, value: unknown): Level | undefined {
  if (!isMap(value)) return undefined;
  let level: Level | undefined;
  for (const name of Object.keys(value)) {
    const declared = type.field(name);
    const field = declared ?? type.values();
    if (field === undefined) continue;
    const member = value[name];
    const { member: leaf, below } = collect(field, member);
    const isBare = member === null || (isMap(member) && Object.keys(member).length === 0);
    level = putNode(level, fieldElement(name), leaf || isBare || declared === undefined, below);
  }
  return level;
}
