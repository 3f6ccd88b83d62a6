import { randomFillSync, randomUUID } from "node:crypto";

/** Randomness as a constructor argument; a seeded one makes a run repeatable. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** RFC 9562 version 4. */
  uuid(): string;
}

/** Random words are drawn many at a time: a call to the kernel's generator for each costs more than all that is done with it. */
const pool = new Uint32Array(1024);
let drawn = pool.length;

export const systemRandom: Random = {
  next() {
    if (drawn === pool.length) {
      randomFillSync(pool);
      drawn = 0;
    }
    return pool[drawn++]! / 2 ** 32;
  },
  uuid: () => randomUUID(),
};

/** A repeatable Random (mulberry32): the same seed gives the same sequence. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join("");
  const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[Math.floor(next() * 4)]}${hex(3)}-${hex(12)}`;
  return { next, uuid };
}

/** Characters that apimachinery uses in generated names: no vowels, no look-alikes. */
const NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** The random end of a generated name (`generateName`, pod names): `length` safe characters. */
export function nameSuffix(random: Random, length = 5): string {
  let suffix = "";
  for (let i = 0; i < length; i++) suffix += NAME_ALPHABET[Math.floor(random.next() * NAME_ALPHABET.length)];
  return suffix;
}
