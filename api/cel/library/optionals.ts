import { CelError } from "../cel-error.ts";
import { type Cost, Library } from "../function.ts";
import { CelDuration, CelList, CelMap, CelOptional, CelTimestamp, CelUint, type CelValue, NO_VALUE } from "../values.ts";
import { PER_ITEM, unwrapped } from "./lists.ts";

/** Kubernetes takes it for a step. */
const UNWRAPS: Cost = { ...PER_ITEM, estimated: () => 1 };

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === "" || value === 0 || value === 0n) return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelDuration) return value.duration_ns === 0n;
  return value instanceof CelTimestamp && value.time_ns === 0n;
}

function opened(optional: CelValue | undefined): CelValue {
  const value = (optional as CelOptional).value;
  if (value === undefined) throw new CelError("optional.none() dereference");
  return value;
}

function endOf(list: CelList, index: number): CelOptional {
  return list.size === 0 ? NO_VALUE : new CelOptional(list.at(index));
}

/** Optional types. `?.`, `[?…]`, `or` and `orValue` are the evaluator's own; here are their signatures. */
export function optionals(): Library {
  const own = () => {
    throw new CelError("no such overload");
  };
  return new Library()
    .define("optional_of", "optional.of(A) -> optional_type(A)", ([value]) => new CelOptional(value))
    .define("optional_ofNonZeroValue", "optional.ofNonZeroValue(A) -> optional_type(A)", ([value]) => (isZero(value as CelValue) ? NO_VALUE : new CelOptional(value)))
    .define("optional_none", "optional.none() -> optional_type(A)", () => NO_VALUE)
    .define("optional_value", "optional_type(A)::value() -> A", ([optional]) => opened(optional))
    .define("optional_hasValue", "optional_type(A)::hasValue() -> bool", ([optional]) => (optional as CelOptional).value !== undefined)
    .define("optional_or_optional", "optional_type(A)::or(optional_type(A)) -> optional_type(A)", own)
    .define("optional_orValue_value", "optional_type(A)::orValue(A) -> A", own)
    .define("optional_unwrap", "optional.unwrap(list(optional_type(A))) -> list(A)", ([list]) => unwrapped(list as CelList, (item) => (item as CelOptional).value), UNWRAPS)
    .define("optional_unwrapOpt", "list(optional_type(A))::unwrapOpt() -> list(A)", ([list]) => unwrapped(list as CelList, (item) => (item as CelOptional).value), UNWRAPS)
    .define("list_first", "list(A)::first() -> optional_type(A)", ([list]) => endOf(list as CelList, 0))
    .define("list_last", "list(A)::last() -> optional_type(A)", ([list]) => endOf(list as CelList, (list as CelList).size - 1))
    .define("list_optindex_optional_int", "_[?_](list(A), int) -> optional_type(A)", own)
    .define("optional_list_optindex_optional_int", "_[?_](optional_type(list(A)), int) -> optional_type(A)", own)
    .define("map_optindex_optional_value", "_[?_](map(A, B), A) -> optional_type(B)", own)
    .define("optional_map_optindex_optional_value", "_[?_](optional_type(map(A, B)), A) -> optional_type(B)", own)
    .define("optional_list_index_int", "_[_](optional_type(list(A)), int) -> optional_type(A)", own)
    .define("optional_map_index_value", "_[_](optional_type(map(A, B)), A) -> optional_type(B)", own);
}
