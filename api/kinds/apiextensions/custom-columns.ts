import { encodeFree } from "../../codec/json-encode.ts";
import { findJsonPath, type JsonPath, JsonPathError, parseJsonPath } from "../../structural/json-path.ts";
import type { PrinterColumn } from "../../validation/apiextensions/columns.ts";
import { ageText, nameColumn } from "../columns.ts";
import type { CellValue, Column } from "../kind.ts";

/** Shown where a version names no columns. */
const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "When the server stored the object." };

/** The columns of a version's tables: the name, then what the definition says, else the age. */
export function customColumns(columns: readonly PrinterColumn[] | undefined): readonly Column[] {
  const asked = columns?.length ? columns : [AGE];
  const paths = asked.map(({ jsonPath = "" }) => readablePath(jsonPath));
  // A definition may hold a path that nobody can read: its tables are as if it named no columns.
  return paths.includes(undefined) ? customColumns(undefined) : [nameColumn, ...asked.map((column, i) => customColumn(column, paths[i] ?? []))];
}

function readablePath(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

/** A column shows the first value that its path finds. */
function customColumn(column: PrinterColumn, path: JsonPath): Column {
  const type = (column.type ?? "string") as Column["type"];
  return {
    name: column.name ?? "",
    type,
    format: column.format ?? "",
    priority: column.priority ?? 0,
    description: column.description ?? "",
    cell: (object, now_ms) => cellValue(type, findJsonPath(path, object)[0], now_ms),
  };
}

function cellValue(type: Column["type"], value: unknown, now_ms: number): CellValue {
  if (value === undefined) return null;
  if (value === null) return type === "string" ? "<no value>" : null;
  const isNumber = typeof value === "number" || typeof value === "bigint";
  switch (type) {
    case "integer":
      return isNumber ? Math.trunc(Number(value)) : null;
    case "number":
      return isNumber ? Number(value) : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? dateText(value, now_ms) : null;
    case "string":
      return typeof value === "object" ? encodeFree(value) : String(value);
  }
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

function dateText(value: string, now_ms: number): string {
  if (value === "" || value === "null") return "<unknown>";
  return RFC3339.test(value) ? ageText(value, now_ms) : "<invalid>";
}
