import { goQuote } from "../../status/go-text.ts";
import { CelError } from "../cel-error.ts";
import { semverFault } from "./semver-fault.ts";
import { checkedInt, Library, TRAVERSES } from "../function.ts";
import { CelOpaque, type CelValue } from "../values.ts";

/** A semantic version (semver 2.0.0). */
class CelSemver extends CelOpaque {
  readonly typeName = "kubernetes.Semver";
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];

  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelSemver && compare(this, other) === 0;
  }
}

const strict = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;
const MAX_LENGTH = 256;

/** `v1`, `1.2` and `01.2.3` as 1.0.0, 1.2.0 and 1.2.3. */
function normalized(text: string): string {
  const [, numbers = "", rest = ""] = /^([0-9.]*)(.*)$/s.exec(text.replace(/^v/, "")) ?? [];
  const parts = numbers.split(".").map((part) => part.replace(/^0+(?=[0-9])/, ""));
  while (parts.length < 3) parts.push("0");
  return parts.join(".") + rest;
}

function parse(text: string, normalize: boolean): CelSemver {
  const parts = text.length > MAX_LENGTH ? null : strict.exec(normalize ? normalized(text) : text);
  if (parts === null) throw new CelError(semverFault((normalize ? normalized(text) : text).slice(0, MAX_LENGTH)));
  const numbers = parts.slice(1, 4).map(BigInt);
  const tooLarge = numbers.find((number) => number >= 2n ** 64n);
  if (tooLarge !== undefined) throw new CelError(`strconv.ParseUint: parsing ${goQuote(String(tooLarge))}: value out of range`);
  return new CelSemver(numbers, parts[4]?.split(".") ?? []);
}

function isSemver(text: string, normalize: boolean): boolean {
  try {
    parse(text, normalize);
    return true;
  } catch {
    return false;
  }
}

function compare(a: CelSemver, b: CelSemver): number {
  for (let i = 0; i < 3; i++) {
    const [x = 0n, y = 0n] = [a.numbers[i], b.numbers[i]];
    if (x !== y) return x < y ? -1 : 1;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length === a.prerelease.length ? 0 : a.prerelease.length === 0 ? 1 : -1;
  for (let i = 0; i < Math.max(a.prerelease.length, b.prerelease.length); i++) {
    const order = comparePart(a.prerelease[i], b.prerelease[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers come before words, fewer parts before more. */
function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  if (x !== y) return x ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

const of = (value: CelValue | undefined) => value as CelSemver;

/** Kubernetes' `semver`. */
export function semvers(): Library {
  const library = new Library()
    .define("string_to_semver", "semver(string) -> kubernetes.Semver", ([text]) => parse(text as string, false), TRAVERSES)
    .define("string_bool_to_semver", "semver(string, bool) -> kubernetes.Semver", ([text, normalize]) => parse(text as string, normalize === true), TRAVERSES)
    .define("is_semver_string", "isSemver(string) -> bool", ([text]) => isSemver(text as string, false), TRAVERSES)
    .define("is_semver_string_bool", "isSemver(string, bool) -> bool", ([text, normalize]) => isSemver(text as string, normalize === true), TRAVERSES)
    .define("semver_is_greater_than", "kubernetes.Semver::isGreaterThan(kubernetes.Semver) -> bool", ([a, b]) => compare(of(a), of(b)) > 0)
    .define("semver_is_less_than", "kubernetes.Semver::isLessThan(kubernetes.Semver) -> bool", ([a, b]) => compare(of(a), of(b)) < 0)
    .define("semver_compare_to", "kubernetes.Semver::compareTo(kubernetes.Semver) -> int", ([a, b]) => BigInt(compare(of(a), of(b))));
  ["major", "minor", "patch"].forEach((name, i) => {
    library.define(`semver_${name}`, `kubernetes.Semver::${name}() -> int`, ([version]) => checkedInt(of(version).numbers[i] ?? 0n));
  });
  return library;
}
