import { escapeHtml } from "../codec/json-text.ts";
import { parseJson } from "../codec/parse-json.ts";

/**
 * One step of a path into an object, as managedFields write it: `f:name` a field, `k:{"name":"c"}` the item of a list
 * with these keys, `v:"x"` the item of a set, `i:3` an index.
 */
export type PathElement = string;

export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** `keys`: values by name. */
export function keyElement(keys: Readonly<Record<string, unknown>>): PathElement {
  const names = Object.keys(keys).sort();
  return `k:{${names.map((name) => `${scalarText(name)}:${scalarText(keys[name])}`).join(",")}}`;
}

export function valueElement(value: unknown): PathElement {
  return `v:${scalarText(value)}`;
}

function scalarText(value: unknown): string {
  return typeof value === "bigint" ? String(value) : escapeHtml(JSON.stringify(value));
}

/** The keys of nearly every item: one plain text. */
const PLAIN_KEY = /^\{"[A-Za-z]+":"[-A-Za-z0-9._/]*"\}$/;

/** The element in its one canonical text; undefined when it is none. */
export function canonicalElement(text: string): PathElement | undefined {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "i:":
      return /^-?[0-9]+$/.test(rest) ? text : undefined;
    case "k:": {
      if (PLAIN_KEY.test(rest)) return text;
      const keys = parse(rest);
      return keys !== null && typeof keys === "object" && !Array.isArray(keys) ? keyElement(keys as Record<string, unknown>) : undefined;
    }
    case "v:": {
      const value = parse(rest);
      return value === undefined ? undefined : valueElement(value);
    }
    default:
      return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const ranks: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** Fields by name, then keys, values and indices by what they hold. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a.startsWith("f:") && b.startsWith("f:")) return a < b ? -1 : a > b ? 1 : 0;
  const rank = (ranks[a.charAt(0)] ?? 4) - (ranks[b.charAt(0)] ?? 4);
  if (rank !== 0) return rank;
  const [x, y] = [a.slice(2), b.slice(2)];
  if (a.startsWith("i:")) return Number(x) - Number(y);
  if (a.startsWith("v:")) return compareScalars(parse(x), parse(y));
  return compareKeys(parse(x) as Record<string, unknown>, parse(y) as Record<string, unknown>);
}

function compareKeys(a: Record<string, unknown>, b: Record<string, unknown>): number {
  const [x, y] = [Object.keys(a).sort(), Object.keys(b).sort()];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [p, q] = [x[i] as string, y[i] as string];
    if (p !== q) return p < q ? -1 : 1;
    const order = compareScalars(a[p], b[q]);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

function compareScalars(a: unknown, b: unknown): number {
  const rank = scalarRank(a) - scalarRank(b);
  if (rank !== 0) return rank;
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

function scalarRank(value: unknown): number {
  return typeof value === "number" ? 0 : typeof value === "string" ? 1 : typeof value === "boolean" ? 2 : 3;
}

/** As it stands in a path: `.name`, `[name="c"]`, `[="x"]`, `[3]`. */
export function elementText(element: PathElement): string {
  const rest = element.slice(2);
  switch (element.charAt(0)) {
    case "f":
      return `.${rest}`;
    case "k": {
      const keys = parse(rest) as Record<string, unknown>;
      const names = Object.keys(keys).sort();
      return `[${names.map((name) => `${name}=${JSON.stringify(keys[name])}`).join(",")}]`;
    }
    case "v":
      return `[=${rest}]`;
    default:
      return `[${rest}]`;
  }
}

/** `.spec.containers[name="c"].image`. */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join("");
}
