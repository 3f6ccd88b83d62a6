/** meta.k8s.io/v1 Table, the parts that are printed. */
export interface Table {
  readonly kind?: string;
  readonly columnDefinitions?: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows?: readonly TableRow[] | null;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: { readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> } };
}

export interface TableStyle {
  readonly wide: boolean;
  readonly headers: boolean;
  /** A first column with the namespace. */
  readonly withNamespace: boolean;
  readonly showLabels: boolean;
  /** `deployment.apps/` before each name. */
  readonly namePrefix: string;
}

const GAP = "   ";

/** A server-side Table as lines of text; columns are as wide as their widest cell, at least `widths` (kept up to date for a watch). */
export function formatTable(table: Table, style: TableStyle, widths: number[] = []): string[] {
  const columns = (table.columnDefinitions ?? []).map((column, index) => ({ ...column, index })).filter((column) => style.wide || (column.priority ?? 0) === 0);
  const header = [...(style.withNamespace ? ["NAMESPACE"] : []), ...columns.map((column) => column.name.toUpperCase()), ...(style.showLabels ? ["LABELS"] : [])];
  const rows = (table.rows ?? []).map((row) => [
    ...(style.withNamespace ? [row.object?.metadata?.namespace ?? ""] : []),
    ...columns.map((column) => cellText(row.cells[column.index], column.index === 0 ? style.namePrefix : "")),
    ...(style.showLabels ? [labelsText(row.object?.metadata?.labels)] : []),
  ]);
  const lines = style.headers ? [header, ...rows] : rows;
  for (const line of lines) for (const [index, cell] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return lines.map((line) => line.map((cell, index) => (index === line.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join(GAP).trimEnd());
}

function cellText(cell: unknown, prefix: string): string {
  const text = cell === null || cell === undefined ? "<none>" : String(cell);
  // Cells come from objects that others wrote: no control characters on the user's terminal.
  return prefix + text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}

function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {});
  return pairs.length === 0 ? "<none>" : pairs.map(([key, value]) => `${key}=${value}`).sort().join(",");
}
