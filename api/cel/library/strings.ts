import { UserPattern } from "../../../lib/user-pattern.ts";
import { goQuote } from "../../status/go-text.ts";
import { CelError } from "../cel-error.ts";
import { type Cost, Library, MATCHES, payForText, smallInt, TRAVERSAL, TRAVERSES, traversal } from "../function.ts";
import type { Meter } from "../meter.ts";
import { ArrayList, type CelList, type CelValue } from "../values.ts";
import { formatString } from "./string-format.ts";

const text = (value: CelValue | undefined) => value as string;

/** The whole text is walked and another one of its length made. */
const TRANSFORMS: Cost = { units: ([size = 0]) => traversal(size), resultSize: ([size = 0]) => size };
/** Walked, and what is made is walked again. */
const REBUILDS: Cost = { units: ([size = 0]) => traversal(size, 2 * TRAVERSAL), resultSize: ([size = 0]) => size };
const REPLACES: Cost = {
  units: ([size = 0]) => traversal(size, 2 * TRAVERSAL),
  resultSize: ([size = 0, , by = 0]) => size * Math.max(1, by),
};

/** As uint64 saturates. */
const MOST = 2 ** 64;
const joinedSize = ([size = 0, by = 0]: readonly number[], item = 0): number => Math.min(MOST, size * item) + Math.min(MOST, by * Math.max(0, size - 1));
const JOINS: Cost = {
  units: ([size = 0, by = 0]) => traversal(size * Math.max(1, by), 2 * TRAVERSAL),
  estimated: (sizes, _values, [item]) => traversal(Math.min(MOST, joinedSize(sizes, item))),
  resultSize: (sizes, _values, [item]) => joinedSize(sizes, item),
};

/** Characters as users count them. */
function points(value: string): string[] | string {
  return /[\ud800-\udbff]/.test(value) ? [...value] : value;
}

function slice(value: string, start: bigint, end: bigint | undefined): string {
  const characters = points(value);
  const [from, to] = [smallInt(start, "index"), end === undefined ? characters.length : smallInt(end, "index")];
  if (from < 0 || from > characters.length) throw new CelError(`index out of range: ${from}`);
  if (to < 0 || to > characters.length) throw new CelError(`index out of range: ${to}`);
  if (from > to) throw new CelError(`invalid substring range. start: ${from}, end: ${to}`);
  return typeof characters === "string" ? characters.slice(from, to) : characters.slice(from, to).join("");
}

function charAt(value: string, index: bigint): string {
  const characters = points(value);
  const at = smallInt(index, "index");
  if (at < 0 || at > characters.length) throw new CelError(`index out of range: ${at}`);
  return characters[at] ?? "";
}

/** Places in characters, though the search is by units. */
function indexOf(value: string, part: string, from: number): bigint {
  const size = points(value).length;
  if (from < 0) throw new CelError(`index out of range: ${from}`);
  if (from > size) return -1n;
  const unit = value.indexOf(part, [...value].slice(0, from).join("").length);
  return BigInt(unit < 0 ? -1 : points(value.slice(0, unit)).length);
}

function lastIndexOf(value: string, part: string, from: number | undefined): bigint {
  const characters = [...value];
  if (from !== undefined && from < 0) throw new CelError(`index out of range: ${from}`);
  if (from !== undefined && from > characters.length) return -1n;
  if (part === "") return BigInt(from ?? characters.length);
  const start = from === undefined ? value.length : characters.slice(0, from).join("").length;
  const unit = value.lastIndexOf(part, start);
  return BigInt(unit < 0 ? -1 : points(value.slice(0, unit)).length);
}

function replace(value: string, part: string, by: string, limit: number, meter: Meter): string {
  const pieces = part === "" ? ["", ...points(value), ""] : value.split(part);
  const count = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1);
  payForText(value.length + count * by.length, meter);
  return pieces.slice(0, count).join(by) + (count > 0 ? by : "") + pieces.slice(count).join(part);
}

function split(value: string, by: string, limit: number): ArrayList {
  if (limit === 0) return new ArrayList([]);
  if (limit === 1) return new ArrayList([value]);
  const pieces = by === "" ? [...value] : value.split(by);
  if (limit < 0 || pieces.length <= limit) return new ArrayList(pieces);
  return new ArrayList([...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(by)]);
}

function join(list: CelList, by: string, meter: Meter): string {
  let length = 0;
  const pieces: string[] = [];
  for (const item of list) {
    if (typeof item !== "string") throw new CelError("no such overload");
    length += item.length + by.length;
    pieces.push(item);
  }
  payForText(length, meter);
  return pieces.join(by);
}

/** Go's unicode.IsSpace. */
const trimmed = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

function compile(pattern: string): UserPattern {
  try {
    return UserPattern.compile(pattern);
  } catch (error) {
    throw new CelError(error instanceof Error ? error.message : String(error));
  }
}

/** CEL's own functions of strings, the extended ones, and Kubernetes' `find` and `findAll`. */
export function strings(): Library {
  return new Library()
    .define("contains_string", "string::contains(string) -> bool", ([value, part]) => text(value).includes(text(part)), { units: ([size = 0, part = 0]) => traversal(size) * traversal(part) })
    .define("starts_with_string", "string::startsWith(string) -> bool", ([value, part]) => text(value).startsWith(text(part)), { units: ([, part = 0]) => traversal(part) })
    .define("ends_with_string", "string::endsWith(string) -> bool", ([value, part]) => text(value).endsWith(text(part)), { units: ([, part = 0]) => traversal(part) })
    .define("matches", "matches(string, string) -> bool", ([value, pattern]) => compile(text(pattern)).test(text(value)), { ...MATCHES, estimated: () => 1 })
    .define("matches_string", "string::matches(string) -> bool", ([value, pattern]) => compile(text(pattern)).test(text(value)), MATCHES)
    .define("string_find_string", "string::find(string) -> string", ([value, pattern]) => compile(text(pattern)).find(text(value)) ?? "", { ...MATCHES, resultSize: ([size = 0]) => size })
    .define("string_find_all_string", "string::findAll(string) -> list(string)", ([value, pattern], meter) => findAll(text(value), text(pattern), -1, meter), { ...MATCHES, resultSize: ([size = 0]) => size })
    .define("string_find_all_string_int", "string::findAll(string, int) -> list(string)", ([value, pattern, limit], meter) => findAll(text(value), text(pattern), Number(limit), meter), { ...MATCHES, resultSize: ([size = 0]) => size })
    .define("string_char_at_int", "string::charAt(int) -> string", ([value, index]) => charAt(text(value), index as bigint))
    .define("string_index_of_string", "string::indexOf(string) -> int", ([value, part]) => indexOf(text(value), text(part), 0), TRAVERSES)
    .define("string_index_of_string_int", "string::indexOf(string, int) -> int", ([value, part, from]) => indexOf(text(value), text(part), smallInt(from as bigint, "index")), TRAVERSES)
    .define("string_last_index_of_string", "string::lastIndexOf(string) -> int", ([value, part]) => lastIndexOf(text(value), text(part), undefined), TRAVERSES)
    .define("string_last_index_of_string_int", "string::lastIndexOf(string, int) -> int", ([value, part, from]) => lastIndexOf(text(value), text(part), smallInt(from as bigint, "index")), TRAVERSES)
    .define("string_lower_ascii", "string::lowerAscii() -> string", ([value]) => text(value).replace(/[A-Z]+/g, (part) => part.toLowerCase()), TRANSFORMS)
    .define("string_upper_ascii", "string::upperAscii() -> string", ([value]) => text(value).replace(/[a-z]+/g, (part) => part.toUpperCase()), TRANSFORMS)
    .define("string_trim", "string::trim() -> string", ([value]) => text(value).replace(trimmed, ""), TRANSFORMS)
    .define("string_substring_int", "string::substring(int) -> string", ([value, start]) => slice(text(value), start as bigint, undefined), TRANSFORMS)
    .define("string_substring_int_int", "string::substring(int, int) -> string", ([value, start, end]) => slice(text(value), start as bigint, end as bigint), TRANSFORMS)
    .define("string_replace_string_string", "string::replace(string, string) -> string", ([value, part, by], meter) => replace(text(value), text(part), text(by), -1, meter), REPLACES)
    .define("string_replace_string_string_int", "string::replace(string, string, int) -> string", ([value, part, by, limit], meter) => replace(text(value), text(part), text(by), Number(limit), meter), REPLACES)
    .define("string_split_string", "string::split(string) -> list(string)", ([value, by]) => split(text(value), text(by), -1), REBUILDS)
    .define("string_split_string_int", "string::split(string, int) -> list(string)", ([value, by, limit]) => split(text(value), text(by), Number(limit)), REBUILDS)
    .define("list_join", "list(string)::join() -> string", ([list], meter) => join(list as CelList, "", meter), JOINS)
    .define("list_join_string", "list(string)::join(string) -> string", ([list, by], meter) => join(list as CelList, text(by), meter), JOINS)
    .define("strings_quote", "strings.quote(string) -> string", ([value]) => goQuote(text(value)), { units: ([size = 0]) => traversal(size), resultSize: ([size = 0]) => 2 * size + 2 })
    .define("string_format", "string::format(list(dyn)) -> string", ([value, args], meter) => formatString(text(value), args as CelList, meter), { units: ([size = 0]) => traversal(size) });
}

/** A match may look at all that is left of the text: many matches in a long text are paid for one by one. */
const PER_MATCH = 0.01;

function findAll(value: string, pattern: string, limit: number, meter: Meter): ArrayList {
  const found: string[] = [];
  if (limit === 0) return new ArrayList(found);
  for (const match of compile(pattern).matches(value)) {
    meter.spend(value.length * PER_MATCH);
    found.push(match);
    if (found.length === limit) break;
  }
  return new ArrayList(found);
}
