import type { ApiObject, LabelSelector, PodSpec } from "../wire.ts";
import type { CellValue, Column } from "./kind.ts";

interface ColumnOptions {
  readonly type?: Column["type"];
  readonly format?: string;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

/** A column of text that is always shown, unless `options` say otherwise. */
export function column<T extends ApiObject>(name: string, description: string, cell: (object: T, now_ms: number) => CellValue, options: ColumnOptions = {}): Column<T> {
  return { name, type: options.type ?? "string", format: options.format ?? "", priority: options.wide ? 1 : 0, description, cell };
}

/** The first column of nearly all kinds. */
export const nameColumn: Column = column("Name", "Name of the object, unique in its namespace.", (object) => object.metadata.name ?? "", { format: "name" });

/** How long ago the object was made. */
export const ageColumn: Column = column("Age", "How long ago the server stored the object.", (object, now_ms) => ageText(object.metadata.creationTimestamp, now_ms));

/** `5d`, `<unknown>` for no time at all. */
export function ageText(time: string | null | undefined, now_ms: number): string {
  if (!time) return "<unknown>";
  return durationText(now_ms - Date.parse(time));
}

/** A duration as people read it: two units while the first is small, then one. */
export function durationText(duration_ms: number): string {
  const seconds = Math.trunc(duration_ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return twoUnits(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 2920 ? twoUnits(years, "y", days % 365, "d") : `${years}y`;
}

function twoUnits(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first}${firstUnit}` : `${first}${firstUnit}${second}${secondUnit}`;
}

export const NONE = "<none>";
export const UNSET = "<unset>";

/** The text, `<none>` for an empty one. */
export function orNone(text: string | undefined): string {
  return text ? text : NONE;
}

/** Labels as `a=b,c=d`, sorted; `<none>` when there are none. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? NONE : keys.map((key) => `${key}=${labels?.[key]}`).join(",");
}

/** A selector as its query would be: `a=b,c in (d,e)`. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (!selector) return NONE;
  const parts: (readonly [key: string, text: string])[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => [key, `${key}=${value}`]);
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const list = `(${[...values].sort().join(",")})`;
    parts.push([key, operator === "In" ? `${key} in ${list}` : operator === "NotIn" ? `${key} notin ${list}` : operator === "Exists" ? key : `!${key}`]);
  }
  parts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return parts.length === 0 ? NONE : parts.map(([, text]) => text).join(",");
}

/** Names and images of the containers, for the wide columns of everything that makes pods. */
export function containerColumns<T extends ApiObject>(spec: (object: T) => PodSpec | undefined): readonly Column<T>[] {
  return [
    column("Containers", "Names of the containers in the template.", (object) => (spec(object)?.containers ?? []).map((container) => container.name).join(","), { wide: true }),
    column("Images", "Images of the containers in the template.", (object) => (spec(object)?.containers ?? []).map((container) => container.image).join(","), { wide: true }),
  ];
}

/** At most three, then how many more. */
export function firstThree(texts: readonly string[], separator = ","): string {
  return texts.length <= 3 ? texts.join(separator) : `${texts.slice(0, 3).join(separator)} + ${texts.length - 3} more...`;
}
