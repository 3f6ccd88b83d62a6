import { isIPv4, isIPv6 } from "node:net";

/** A range of addresses: its first address as a number. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** @throws Error that says what is wrong with the text */
export function parseCidr(text: string): Cidr {
  const [address = "", length = "", ...rest] = text.split("/");
  const family = isIPv4(address) ? 4 : isIPv6(address) && !address.includes("%") ? 6 : undefined;
  const prefix = Number(length);
  if (family === undefined || rest.length > 0 || !/^[0-9]{1,3}$/.test(length) || prefix > BITS[family]) {
    throw new Error(`${JSON.stringify(text)} is not a range of addresses like 10.244.0.0/16`);
  }
  const value = family === 4 ? parse4(address) : parse6(address);
  const host = BigInt(BITS[family] - prefix);
  return { family, base: (value >> host) << host, prefix };
}

export function formatCidr({ family, base, prefix }: Cidr): string {
  return `${family === 4 ? format4(base) : format6(base)}/${prefix}`;
}

/** How many ranges of `prefix` lie in a range. */
export function subnetCount(range: Cidr, prefix: number): bigint {
  return 1n << BigInt(prefix - range.prefix);
}

/** The range of `prefix` with number `index`, from 0. */
export function subnet(range: Cidr, prefix: number, index: bigint): Cidr {
  return { family: range.family, base: range.base + (index << BigInt(BITS[range.family] - prefix)), prefix };
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  if (a.family !== b.family) return false;
  const shift = BigInt(BITS[a.family] - Math.min(a.prefix, b.prefix));
  return a.base >> shift === b.base >> shift;
}

function parse4(address: string): bigint {
  return address.split(".").reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function parse6(address: string): bigint {
  const embedded = /^(.*:)([0-9]+\.[0-9.]+)$/.exec(address);
  const tail4 = embedded?.[2] === undefined ? undefined : parse4(embedded[2]);
  const text = tail4 === undefined ? address : `${embedded?.[1]}${(tail4 >> 16n).toString(16)}:${(tail4 & 0xffffn).toString(16)}`;
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}

function format4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join(".");
}

/** RFC 5952: the longest run of two or more zero groups is `::`. */
function format6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}
