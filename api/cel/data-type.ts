import type { CelType } from "./types.ts";
import { CelList, CelMap, type CelValue } from "./values.ts";

/** A variable's type with what is known of its values: how to look into their JSON, and how large they can be (for the cost estimate). */
export interface DataType {
  readonly type: CelType;
  /** Most characters, bytes, items or entries; 1 for scalars. */
  readonly maxSize: number;
  /** Least bytes of the value as JSON. */
  readonly minJson: number;
  /** Of a list's items, of a map's values. */
  readonly element: DataType | undefined;
  /** Of an object, under their CEL names. */
  readonly fields: ReadonlyMap<string, DataType> | undefined;
  /** A JSON value as CEL sees it; what lies inside is converted when it is looked at. @throws CelError when it is of another type */
  convert(json: unknown): CelValue;
}

/** A type without a schema: scalars, values that a program makes. */
export function plainType(type: CelType, maxSize = 2 ** 64): DataType {
  return { type, maxSize, minJson: 1, element: undefined, fields: undefined, convert: dynamicValue };
}

/** JSON without a schema. Whole numbers are ints. */
export function dynamicValue(json: unknown): CelValue {
  if (typeof json === "number") return Number.isInteger(json) ? BigInt(json) : json;
  if (json === null || json === undefined) return null;
  if (typeof json === "object") return Array.isArray(json) ? new JsonList(json, dynamicValue) : new JsonMap(json as Readonly<Record<string, unknown>>, () => dynamicValue);
  return json as CelValue;
}
type Convert = (json: unknown) => CelValue;

/** A JSON array, its items converted when they are asked for. */
export class JsonList extends CelList {
  readonly items: readonly unknown[];
  readonly #convert: Convert;

  constructor(items: readonly unknown[], convert: Convert) {
    super();
    this.items = items;
    this.#convert = convert;
  }

  get size(): number {
    return this.items.length;
  }

  at(index: number): CelValue {
    return this.#convert(this.items[index]);
  }
}

/** A JSON object. `convertOf` says how the value under a name is converted; undefined: the name does not count. */
export class JsonMap extends CelMap {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #convertOf: (name: string) => Convert | undefined;
  readonly #names: { toJson(name: string): string | undefined; toCel(name: string): string } | undefined;

  /** `names`: how CEL's names of the fields differ from JSON's. */
  constructor(object: Readonly<Record<string, unknown>>, convertOf: (name: string) => Convert | undefined, names?: { toJson(name: string): string | undefined; toCel(name: string): string }) {
    super();
    this.#object = object;
    this.#convertOf = convertOf;
    this.#names = names;
  }

  get size(): number {
    return Object.keys(this.#object).length;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return undefined;
    const name = this.#names === undefined ? key : this.#names.toJson(key);
    if (name === undefined || !Object.hasOwn(this.#object, name)) return undefined;
    // A field of an object that is null counts as absent.
    if (this.#names !== undefined && this.#object[name] === null) return undefined;
    return this.#convertOf(name)?.(this.#object[name]);
  }

  *keys(): Iterable<CelValue> {
    for (const name of Object.keys(this.#object)) {
      if (this.#convertOf(name) !== undefined) yield this.#names === undefined ? name : this.#names.toCel(name);
    }
  }
}
