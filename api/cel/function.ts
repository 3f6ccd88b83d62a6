import { CelError } from "./cel-error.ts";
import type { Meter } from "./meter.ts";
import { type CelType, parseType, splitTypes } from "./types.ts";
import { CelDuration, CelList, CelMap, CelOptional, CelTimestamp, CelTypeValue, CelUint, type CelValue, typeName } from "./values.ts";

/** One signature of a function. */
export interface Overload {
  /** cel-go's name of it: `add_int64`. */
  readonly id: string;
  readonly member: boolean;
  /** The target first, where it is a member. */
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly cost: Cost | undefined;
  readonly run: Run;
}

export type Run = (args: readonly CelValue[], meter: Meter) => CelValue;

/**
 * What a call costs, from the sizes of its arguments (characters, bytes, items, entries; 1 for scalars). The same rule serves the run, with the real
 * sizes, and the estimate, with the least and the greatest: it must not fall when a size grows. Absent: 1.
 */
export interface Cost {
  readonly units: (sizes: readonly number[]) => number;
  /**
   * What Kubernetes estimates, where that is something else than is charged. `values`: of the arguments that are whole numbers in the expression;
   * `itemSizes`: how long the items of arguments can be that are lists of texts or bytes.
   */
  readonly estimated?: (sizes: readonly number[], values: readonly (number | undefined)[], itemSizes: readonly (number | undefined)[]) => number;
  /** Size of the result; absent: nothing is known of it but its type. */
  readonly resultSize?: (sizes: readonly number[], values: readonly (number | undefined)[], itemSizes: readonly (number | undefined)[]) => number;
}

export type Functions = ReadonlyMap<string, readonly Overload[]>;

/** Traversing a string costs a tenth of a unit for each character. */
export const TRAVERSAL = 0.1;
/** A quarter of a regular expression's length is taken for the number of its parts. */
const REGEX_PART = 0.25;

export const traversal = (size: number, factor = TRAVERSAL): number => Math.ceil(size * factor);
/** Of the first argument. */
export const TRAVERSES: Cost = { units: ([first = 0]) => traversal(first) };
export const MATCHES: Cost = { units: ([text = 0, pattern = 0]) => traversal(text + 1) * traversal(pattern, REGEX_PART) };

/** A function library: `define("add_int64", "_+_(int, int) -> int", run)`; `string.size() -> int` is a member. */
export class Library {
  readonly functions = new Map<string, Overload[]>();

  define(id: string, signature: string, run: Run, cost?: Cost): this {
    const { name, member, params, result } = parseSignature(signature);
    const overloads = this.functions.get(name) ?? [];
    overloads.push({ id, member, params, result, run, cost });
    this.functions.set(name, overloads);
    return this;
  }
}

/** Several libraries as one. */
export function joinLibraries(libraries: readonly Library[]): Functions {
  const joined = new Map<string, Overload[]>();
  for (const { functions } of libraries) {
    for (const [name, overloads] of functions) joined.set(name, [...(joined.get(name) ?? []), ...overloads]);
  }
  return joined;
}

function parseSignature(text: string): { name: string; member: boolean; params: CelType[]; result: CelType } {
  const arrow = text.lastIndexOf(" -> ");
  const head = text.slice(0, arrow);
  const result = parseType(text.slice(arrow + 4));
  // The arguments are in the last brackets that open at depth 0.
  let open = head.length - 1;
  for (let depth = 0; open >= 0; open--) {
    if (head[open] === ")") depth++;
    if (head[open] === "(" && --depth === 0) break;
  }
  const params = splitTypes(head.slice(open + 1, -1)).map(parseType);
  const path = head.slice(0, open);
  const dot = path.lastIndexOf("::");
  if (dot < 0) return { name: path, member: false, params, result };
  return { name: path.slice(dot + 2), member: true, params: [parseType(path.slice(0, dot)), ...params], result };
}

/** The value can stand where that type is asked for: decided at run time, one level deep. */
export function accepts(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case "dyn":
    case "param":
    case "error":
      return true;
    case "bool":
      return typeof value === "boolean";
    case "int":
      return typeof value === "bigint";
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    default:
      return acceptsObject(type, value);
  }
}

function acceptsObject(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case "uint":
      return value instanceof CelUint;
    case "bytes":
      return value instanceof Uint8Array;
    case "null":
      return value === null;
    case "timestamp":
      return value instanceof CelTimestamp;
    case "duration":
      return value instanceof CelDuration;
    case "list":
      return value instanceof CelList;
    case "map":
    case "object":
      return value instanceof CelMap;
    case "type":
      return value instanceof CelTypeValue;
    default:
      return type.kind === "opaque" && (value instanceof CelOptional ? type.name === "optional_type" : typeName(value) === type.name);
  }
}

/** How large a value is for the cost of what is done with it. */
export function costSize(value: CelValue): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 1;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  return "costSize" in value ? value.costSize : 1;
}

const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;

/** @throws CelError `integer overflow` beyond int64 */
export function checkedInt(value: bigint): bigint {
  if (value > INT_MAX || value < -INT_MAX - 1n) throw new CelError("integer overflow");
  return value;
}

/** @throws CelError `unsigned integer overflow` beyond uint64 */
export function checkedUint(value: bigint): CelUint {
  if (value > UINT_MAX || value < 0n) throw new CelError("unsigned integer overflow");
  return new CelUint(value);
}

/** No result is longer: what would be is stopped before it is built. */
const MAX_TEXT = 1 << 24;
/** Longer results are paid for by their length, beside what Kubernetes charges for the call. */
const FREE_TEXT = 4096;

/** To be called before a text of that length is built. @throws CelError when it would be too long, CostError when it costs too much */
export function payForText(length: number, meter: Meter): void {
  if (length > MAX_TEXT) throw new CelError(`result is longer than ${MAX_TEXT} characters`);
  if (length > FREE_TEXT) meter.spend(traversal(length));
}

/** @throws CelError for an index or length that no list can have */
export function smallInt(value: CelValue, what: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new CelError(`${what} out of range: ${value}`);
  return number;
}
