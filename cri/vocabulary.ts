import { enums } from "./enums.ts";
import { containerMessages } from "./messages/container.ts";
import { imageMessages } from "./messages/image.ts";
import { runtimeMessages } from "./messages/runtime.ts";
import { sandboxMessages } from "./messages/sandbox.ts";
import { statsMessages } from "./messages/stats.ts";

/**
 * CRI v1 (`runtime.v1`), proto3: field → [number, type, "repeated"?]. `map` is map<string, string>. Windows' parts are left out:
 * they decode as unknown fields, which are skipped. The types below are read off these tables.
 */
export const messages = { ...containerMessages, ...imageMessages, ...runtimeMessages, ...sandboxMessages, ...statsMessages };

export type MessageName = keyof typeof messages;
export type EnumName = keyof typeof enums;

interface Scalars {
  string: string;
  bool: boolean;
  bytes: Uint8Array;
  double: number;
  int32: number;
  uint32: number;
  /** 64-bit integers are doubles: exact to 2^53; a time in nanoseconds is rounded to 256 ns. */
  int64: number;
  uint64: number;
  map: Record<string, string>;
}

type Single<T> = T extends keyof Scalars ? Scalars[T] : T extends EnumName ? keyof (typeof enums)[T] : T extends MessageName ? Message<T> : never;
type Value<D> = D extends readonly [number, infer T, "repeated"] ? Single<T>[] : D extends readonly [number, infer T] ? Single<T> : never;
type Fields<N extends MessageName> = (typeof messages)[N];
/** A field that is one message can be absent; every other has its zero value. */
type OptionalField<N extends MessageName> = {
  [F in keyof Fields<N>]: Fields<N>[F] extends readonly [number, infer T] ? (T extends MessageName ? F : never) : never;
}[keyof Fields<N>];

/** A decoded message: all scalars, enums (as names), lists and maps are there; sub-messages may be absent. */
export type Message<N extends MessageName> = {
  [F in Exclude<keyof Fields<N>, OptionalField<N>>]: Value<Fields<N>[F]>;
} & { [F in OptionalField<N>]?: Value<Fields<N>[F]> };

/** A message to encode: what is absent or undefined is its zero value. */
export type Init<N extends MessageName> = { readonly [F in keyof Fields<N>]?: InitValue<Fields<N>[F]> | undefined };
type InitSingle<T> = T extends MessageName ? Init<T> : T extends "map" ? Readonly<Record<string, string>> : Single<T>;
type InitValue<D> = D extends readonly [number, infer T, "repeated"]
  ? readonly InitSingle<T>[]
  : D extends readonly [number, infer T]
    ? InitSingle<T>
    : never;

export { enums };
