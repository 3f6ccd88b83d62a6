/** One data row of a CSV file: its cells by column name. */
export interface CsvRow {
  /** Line of the file that the row begins on, from 1. */
  readonly line: number;
  /** Without white space around it; "" where the row or the whole file has no such column. */
  cell(column: string): string;
}

/**
 * The rows of a CSV text (RFC 4180) below its header. Lines may end in LF, CRLF or CR; cells in quotes may hold commas, doubled quotes and line ends;
 * a byte order mark and empty lines are skipped; column names count whatever their case. An empty text has no rows.
 * @throws Error when a quote is not closed
 */
export function parseCsv(text: string): CsvRow[] {
  const [header, ...rows] = records(text.startsWith("\uFEFF") ? text.slice(1) : text);
  if (header === undefined) return [];
  const columns = new Map<string, number>();
  for (const [i, name] of header.cells.entries()) if (!columns.has(keyOf(name))) columns.set(keyOf(name), i);
  return rows.map(({ line, cells }) => ({ line, cell: (column) => cells[columns.get(keyOf(column)) ?? -1]?.trim() ?? "" }));
}

function keyOf(column: string): string {
  return column.trim().toLowerCase();
}

interface RawRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A cell that is read by one match: in quotes, or up to what ends it. */
const CELL = /"((?:[^"]|"")*)"[^\S\r\n]*|([^,\r\n]*)/y;
const LINE_END = /\r\n|\r|\n/g;

function records(text: string): RawRow[] {
  const found: RawRow[] = [];
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const start = line;
    const cells: string[] = [];
    for (;;) {
      CELL.lastIndex = at;
      const [whole, quoted, bare = ""] = CELL.exec(text)!;
      if (quoted === undefined && bare.startsWith('"')) throw new Error(`line ${line}: a quote is not closed, or text follows it`);
      cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
      line += quoted?.match(LINE_END)?.length ?? 0;
      at += whole.length;
      if (text[at] !== ",") break;
      at++;
    }
    if (at < text.length && text[at] !== "\r" && text[at] !== "\n") throw new Error(`line ${line}: text follows a closing quote`);
    at += text.startsWith("\r\n", at) ? 2 : 1;
    line++;
    if (cells.length > 1 || cells[0]!.trim() !== "") found.push({ line: start, cells });
  }
  return found;
}
