import { badRequest, type StatusError, untyped } from "../../status/errors.ts";
import { goTypeText, goValueText } from "../go-value.ts";

/** What strategic merge refuses, worded and coded as kube-apiserver does: 500 without a reason where it has no better idea. */
export function noMergeKey(map: unknown, mergeKey: string): StatusError {
  return untyped(500, `map: ${goValueText(map)} does not contain declared merge key: ${mergeKey}`);
}

export function badPatchType(directive: unknown, map: unknown): StatusError {
  return untyped(500, `unknown patch type: ${asGoString(directive)} in map: ${goValueText(map)}`);
}

/** What Go prints of a value where the format wants a text. */
function asGoString(value: unknown): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (typeof value === "boolean") return `%!s(bool=${value})`;
  if (typeof value === "number" || typeof value === "bigint") return `%!s(${goTypeText(value)}=${goValueText(value)})`;
  return goValueText(value);
}

export function badArgument(expected: "map" | "list", actual: unknown): StatusError {
  return untyped(500, `expected a ${expected === "map" ? "map[string]interface {}" : "[]interface {}"}, but received a ${goTypeText(actual)}`);
}

export function badRetainKeys(): StatusError {
  return badRequest("invalid patch format of retainKeys");
}

export function badSetElementOrder(): StatusError {
  return badRequest("invalid patch format of setElementOrder list");
}

export function badPrimitiveList(): StatusError {
  return badRequest("invalid patch format of primitive list");
}

export function listOfLists(): StatusError {
  return untyped(500, "lists of lists are not supported");
}

export function merging(message: string): StatusError {
  return untyped(500, message);
}
