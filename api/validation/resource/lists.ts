import { duplicate, tooMany } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Errors } from "../common.ts";

/** A rule for one item. */
export type ItemRule<T> = (item: T, path: FieldPath, errors: Errors) => void;

/** At most `maximum` items, each after its rule. A longer list is refused without a look at its items. */
export function validateItems<T>(items: readonly T[] | undefined, maximum: number, rule: ItemRule<T>, path: FieldPath, errors: Errors): boolean {
  if (!items) return true;
  if (items.length > maximum) {
    errors.push(tooMany(path, items.length, maximum));
    return false;
  }
  items.forEach((item, i) => {
    rule(item, path.index(i), errors);
  });
  return true;
}

/** The same for a list in which no key comes twice; `keyOf` gives the key as it is printed. */
export function validateSet<T>(items: readonly T[] | undefined, maximum: number, rule: ItemRule<T>, keyOf: (item: T) => unknown, path: FieldPath, errors: Errors): void {
  if (!validateItems(items, maximum, rule, path, errors)) return;
  const seen = new Set<string>();
  items?.forEach((item, i) => {
    const key = keyOf(item);
    const text = typeof key === "string" ? key : JSON.stringify(key);
    if (seen.has(text)) errors.push(duplicate(path.index(i), key));
    seen.add(text);
  });
}

/** A key in a path, shortened in its middle where it is longer than keys may be. */
export function shortKey(key: string, maximum: number): string {
  const limit = Math.max(maximum, 16);
  if (key.length <= limit) return key;
  const rest = limit - 3;
  return `${key.slice(0, Math.ceil(rest / 2))}...${key.slice(key.length - Math.floor(rest / 2))}`;
}
