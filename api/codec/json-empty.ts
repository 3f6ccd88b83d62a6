import type { FieldSchema } from "../schema/types.ts";

/**
 * How empty lists and maps of always-written fields come out: `asGiven` [] and {}; `asStored` null, as after a trip
 * through Kubernetes' store, whose format does not tell an empty list from none.
 */
export type EmptyForm = "asGiven" | "asStored";

/** Whether a value that is there is written as if it were not. */
export function emptyTest(field: FieldSchema, form: EmptyForm): (value: unknown) => boolean {
  const { type } = field.type;
  // A pointer to the zero time is null: it is written.
  if (field.pointer) return type === "time" || type === "microTime" ? never : isNull;
  if (type === "list" || type === "map") return field.always && form === "asGiven" ? isNull : isEmptyContainer;
  if (field.always) return isNull;
  return isZero;
}

function never(): boolean {
  return false;
}

function isNull(value: unknown): boolean {
  return value === null;
}

function isZero(value: unknown): boolean {
  return value === null || value === "" || value === 0 || value === false || value === 0n;
}

function isEmptyContainer(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value as object) if (Object.hasOwn(value as object, key)) return false;
  return true;
}
