import { CelError } from "./cel-error.ts";

/**
 * A value at run time: int is bigint, double is number. Lists and maps are looked into through interfaces, so that JSON values need
 * not be converted before somebody asks.
 */
export type CelValue = boolean | bigint | number | string | null | Uint8Array | CelUint | CelTimestamp | CelDuration | CelList | CelMap | CelOptional | CelTypeValue | CelOpaque;

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch. */
export class CelTimestamp {
  readonly time_ns: bigint;
  constructor(time_ns: bigint) {
    this.time_ns = time_ns;
  }
}

export class CelDuration {
  readonly duration_ns: bigint;
  constructor(duration_ns: bigint) {
    this.duration_ns = duration_ns;
  }
}

export abstract class CelList {
  abstract readonly size: number;
  abstract at(index: number): CelValue;

  *[Symbol.iterator](): IterableIterator<CelValue> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }

  /** As a list whose order means nothing (x-kubernetes-list-type set or map) compares; undefined: item by item. */
  equalsUnordered(_other: CelList): boolean | undefined {
    return undefined;
  }

  /** What `+` makes where the list is a set or map; undefined: items one after another. */
  merged(_other: CelList): CelList | undefined {
    return undefined;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  /** undefined: no such key. */
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
  /** The name of the object's type, where it is more than a map. */
  readonly typeName: string | undefined = undefined;
}

export class CelOptional {
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

export class CelTypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value of a library's type. */
export abstract class CelOpaque {
  abstract readonly typeName: string;
  abstract equals(other: CelOpaque): boolean;
  /** How long it is for the cost of comparing it. */
  readonly costSize: number = 1;
}

export const NO_VALUE = new CelOptional(undefined);

/** A list whose items are there already. Appending to the newest one is cheap: the items are shared. */
export class ArrayList extends CelList {
  readonly #items: CelValue[];
  readonly size: number;

  constructor(items: CelValue[], size = items.length) {
    super();
    this.#items = items;
    this.size = size;
  }

  at(index: number): CelValue {
    return this.#items[index] as CelValue;
  }

  append(value: CelValue): ArrayList {
    const items = this.#items.length === this.size ? this.#items : this.#items.slice(0, this.size);
    items.push(value);
    return new ArrayList(items);
  }
}

/** A map literal or a map that was built; keys by their meaning: `1`, `1u` and `1.0` are one. */
export class BuiltMap extends CelMap {
  readonly #entries: Map<string, readonly [CelValue, CelValue]>;

  constructor(entries: Iterable<readonly [CelValue, CelValue]> = []) {
    super();
    this.#entries = new Map();
    for (const entry of entries) this.#entries.set(keyText(entry[0]), entry);
  }

  /** Adds an entry to this very map: only for one that nobody else holds yet. @throws CelError when the key is there */
  insert(key: CelValue, value: CelValue): this {
    const text = keyText(key);
    if (this.#entries.has(text)) throw new CelError(`insert failed: key ${text.slice(1)} already exists`);
    this.#entries.set(text, [key, value]);
    return this;
  }

  /** Adds an entry, in the place of one with the key. */
  set(key: CelValue, value: CelValue): void {
    this.#entries.set(keyText(key), [key, value]);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(keyText(key))?.[1];
  }

  *keys(): Iterable<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** What tells map keys apart. */
export function keyText(key: CelValue): string {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (typeof key === "bigint") return `n${key}`;
  if (key instanceof CelUint) return `n${key.value}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
  throw new CelError(`unsupported key type: ${typeName(key)}`);
}

/** The run-time type's name: `int`, `list`, `google.protobuf.Timestamp`. */
export function typeName(value: CelValue): string {
  switch (typeof value) {
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return objectTypeName(value);
  }
}

function objectTypeName(value: Exclude<CelValue, boolean | bigint | number | string>): string {
  if (value === null) return "null_type";
  if (value instanceof CelList) return "list";
  if (value instanceof CelMap) return value.typeName ?? "map";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof CelUint) return "uint";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  if (value instanceof CelOptional) return "optional_type";
  if (value instanceof CelTypeValue) return "type";
  return value.typeName;
}
