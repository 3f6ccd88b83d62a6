/** Lines of text. */
export type Section = string[];

/** `Name:   value` lines with the values in one column; maps and lists below their name, indented. Absent values are left out. */
export function fields(values: Readonly<Record<string, unknown>>, indent = 0): Section {
  const shown = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length)) + 3;
  return shown.flatMap(([name, value]) => field(name, value, width, indent));
}

function field(name: string, value: unknown, width: number, indent: number): Section {
  const pad = " ".repeat(indent);
  const label = `${pad}${`${name}:`.padEnd(width)}`;
  if (typeof value !== "object" || value === null) return [`${label}${clean(value)}`];
  if (isEmpty(value)) return [`${label}<none>`];
  if (Array.isArray(value)) return [`${pad}${name}:`, ...value.flatMap((item) => listItem(item, indent + 2))];
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.every(([, item]) => typeof item !== "object")) return entries.map(([key, item], index) => `${index === 0 ? label : " ".repeat(indent + width)}${key}=${clean(item)}`);
  return [`${pad}${name}:`, ...fields(value as Record<string, unknown>, indent + 2)];
}

function listItem(item: unknown, indent: number): Section {
  if (typeof item !== "object" || item === null) return [`${" ".repeat(indent)}${clean(item)}`];
  const [first = "", ...rest] = fields(item as Record<string, unknown>, indent + 2);
  return [`${" ".repeat(indent)}- ${first.trimStart()}`, ...rest];
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

/** Rows with aligned columns. */
export function table(rows: readonly (readonly string[])[], indent: number): Section {
  const widths: number[] = [];
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) => (" ".repeat(indent) + row.map((cell, index) => (index === row.length - 1 ? clean(cell) : clean(cell).padEnd(widths[index] ?? 0))).join("  ")).trimEnd());
}

/** No control characters of others' objects on the user's terminal; newlines stay, indented. */
function clean(value: unknown): string {
  return String(value).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, " ");
}
