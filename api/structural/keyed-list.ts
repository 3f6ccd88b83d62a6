import { JsonList } from "../cel/data-type.ts";
import { celEquals } from "../cel/equality.ts";
import { ArrayList, type CelList, type CelValue } from "../cel/values.ts";
import { encodeFree } from "../codec/json-encode.ts";
import { itemKey } from "./correlation.ts";
import type { Structural } from "./structural.ts";

/** Items of other lists are looked for one by one: only so many. */
const MAX_SEARCHED = 1000;

/** A set that an expression put together: its order still means nothing. */
class MergedSet extends ArrayList {
  override equalsUnordered(other: CelList): boolean {
    if (this.size !== other.size) return false;
    const others = [...other];
    return [...this].every((item) => others.some((one) => celEquals(item, one)));
  }
}

/** A list of type set or map: its order means nothing to `==`, and `+` makes a set or map again. */
export class KeyedList extends JsonList {
  readonly #schema: Structural;
  readonly #convert: (json: unknown) => CelValue;

  constructor(items: readonly unknown[], convert: (json: unknown) => CelValue, schema: Structural) {
    super(items, convert);
    this.#schema = schema;
    this.#convert = convert;
  }

  #keyOf(item: unknown): string {
    return (this.#schema.listType === "map" ? itemKey(item, this.#schema) : undefined) ?? encodeFree(item);
  }

  override equalsUnordered(other: CelList): boolean | undefined {
    if (this.size !== other.size) return false;
    if (other instanceof KeyedList) {
      const items = new Map(other.items.map((item) => [this.#keyOf(item), item]));
      return this.items.every((item) => {
        const key = this.#keyOf(item);
        return items.has(key) && celEquals(this.#convert(item), this.#convert(items.get(key)));
      });
    }
    if (this.size > MAX_SEARCHED) return undefined;
    const others = [...other];
    return [...this].every((item) => others.some((one) => celEquals(item, one)));
  }

  override merged(other: CelList): CelList | undefined {
    if (!(other instanceof JsonList)) return this.#mergedValues(other);
    const items = new Map<string, unknown>();
    // An item of the other list takes the place of the one with its key.
    for (const item of [...this.items, ...other.items]) items.set(this.#keyOf(item), item);
    return new KeyedList([...items.values()], this.#convert, this.#schema);
  }

  #mergedValues(other: CelList): CelList | undefined {
    if (this.#schema.listType !== "set" || this.size > MAX_SEARCHED || other.size > MAX_SEARCHED) return undefined;
    const own = [...this];
    return new MergedSet([...own, ...[...other].filter((item) => !own.some((one) => celEquals(one, item)))]);
  }
}
