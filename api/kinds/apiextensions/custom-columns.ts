import type { PrinterColumn } from "../../validation/apiextensions/columns.ts";
import { ageText, nameColumn } from "../columns.ts";
import type { CellValue, Column } from "../kind.ts";
import { valueAt } from "./custom-scale.ts";

/** Shown where a version names no columns. */
const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "When the server stored the object." };

/** The columns of a version's tables: the name, then what the definition says, else the age. */
export function customColumns(columns: readonly PrinterColumn[] | undefined): readonly Column[] {
  return [nameColumn, ...(columns?.length ? columns : [AGE]).map(customColumn)];
}

function customColumn(column: PrinterColumn): Column {
  const type = (column.type ?? "string") as Column["type"];
  return {
    name: column.name ?? "",
    type,
    format: column.format ?? "",
    priority: column.priority ?? 0,
    description: column.description ?? "",
    cell: (object, now_ms) => cellValue(type, valueAt(object, column.jsonPath ?? ""), now_ms),
  };
}

function cellValue(type: Column["type"], value: unknown, now_ms: number): CellValue {
  if (value === undefined || value === null) return null;
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
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

function dateText(value: string, now_ms: number): string {
  if (value === "" || value === "null") return "<unknown>";
  return RFC3339.test(value) ? ageText(value, now_ms) : "<invalid>";
}
