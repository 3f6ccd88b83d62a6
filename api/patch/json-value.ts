import { setOwn } from "../codec/zero.ts";

export type JsonMap = Record<string, unknown>;

export function isMap(value: unknown): value is JsonMap {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Own member of a map; undefined when absent, also for names that objects inherit. */
export function memberOf(map: JsonMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

export function hasMember(map: JsonMap, key: string): boolean {
  return Object.hasOwn(map, key);
}

export { setOwn as setMember };

/** Equal JSON values: same members whatever their order. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equalJson(item, b[i]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]));
}

/** A deep copy of a JSON value; frozen values become changeable ones. */
export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  if (!isMap(value)) return value;
  const copy: JsonMap = {};
  for (const key of Object.keys(value)) setOwn(copy, key, cloneJson(value[key]));
  return copy as T;
}
