import { cloneJson, equalJson, hasMember, isMap, type JsonMap, memberOf, setMember } from "./json-value.ts";

/**
 * RFC 7396 on a copy of the document. Nulls within objects that are new are dropped too, in lists as well.
 * `touched` collects the objects that were merged.
 */
export function applyMergePatch(document: unknown, patch: unknown, touched = new WeakSet<object>()): unknown {
  return merged(cloneJson(document), cloneJson(patch), touched);
}

function merged(target: unknown, patch: unknown, touched: WeakSet<object>): unknown {
  if (!isMap(target) || !isMap(patch)) return withoutNulls(patch, touched);
  touched.add(target);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete target[key];
    else {
      const before = memberOf(target, key);
      setMember(target, key, before === undefined || before === null ? withoutNulls(value, touched) : merged(before, value, touched));
    }
  }
  return target;
}

function withoutNulls(value: unknown, touched: WeakSet<object>): unknown {
  if (Array.isArray(value)) {
    for (const item of value) withoutNulls(item, touched);
    return value;
  }
  if (!isMap(value)) return value;
  touched.add(value);
  for (const key of Object.keys(value)) {
    if (value[key] === null) delete value[key];
    else withoutNulls(value[key], touched);
  }
  return value;
}

/** The merge patch that turns `original` into `modified`. */
export function createMergePatch(original: JsonMap, modified: JsonMap): JsonMap {
  const patch: JsonMap = {};
  for (const key of Object.keys(modified)) {
    const [before, after] = [memberOf(original, key), modified[key]];
    if (equalJson(before, after)) continue;
    setMember(patch, key, isMap(before) && isMap(after) ? createMergePatch(before, after) : cloneJson(after));
  }
  for (const key of Object.keys(original)) if (!hasMember(modified, key)) setMember(patch, key, null);
  return patch;
}

/**
 * Client-side apply for kinds without a schema: what `original` (last applied) had and `modified` no longer has is
 * deleted, what `modified` says is set where `current` differs.
 */
export function createThreeWayMergePatch(original: JsonMap, modified: JsonMap, current: JsonMap): JsonMap {
  const patch: JsonMap = {};
  for (const key of Object.keys(modified)) {
    const [before, after] = [memberOf(current, key), modified[key]];
    if (isMap(before) && isMap(after)) {
      const last = memberOf(original, key);
      const inner = createThreeWayMergePatch(isMap(last) ? last : {}, after, before);
      if (Object.keys(inner).length > 0) setMember(patch, key, inner);
    } else if (!equalJson(before, after)) setMember(patch, key, cloneJson(after));
  }
  for (const key of Object.keys(original)) if (!hasMember(modified, key) && hasMember(current, key)) setMember(patch, key, null);
  return patch;
}
