/** One entry to write; times are 0 and owners root unless said, so that the same input gives the same bytes. */
export interface TarInput {
  readonly path: string;
  readonly type?: "file" | "directory" | "symlink" | "hardlink";
  readonly content?: Uint8Array;
  readonly linkPath?: string;
  /** Default 0644 for files, 0755 for directories, 0777 for links. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const BLOCK = 512;
const typeFlags = { file: "0", hardlink: "1", symlink: "2", directory: "5" } as const;
const defaultModes = { file: 0o644, hardlink: 0o644, symlink: 0o777, directory: 0o755 } as const;

/** A ustar archive of the entries in their order; names and link targets beyond its 100 bytes go into PAX records. */
export function writeTar(entries: readonly TarInput[]): Buffer {
  const parts = entries.flatMap(entryParts);
  return Buffer.concat([...parts, TAR_END]);
}

function entryParts(entry: TarInput): Buffer[] {
  const content = Buffer.from(entry.content ?? []);
  return [tarHead(entry, content.length), padded(content)];
}

/** What stands before an entry's content of `size` bytes; after that come zeros up to a whole block (`tarPadding`). */
export function tarHead(entry: Omit<TarInput, "content">, size: number): Buffer {
  const type = entry.type ?? "file";
  const path = type === "directory" && !entry.path.endsWith("/") ? `${entry.path}/` : entry.path;
  const linkPath = entry.linkPath ?? "";
  const records = (Buffer.byteLength(path) > 100 ? paxRecord("path", path) : "") + (Buffer.byteLength(linkPath) > 100 ? paxRecord("linkpath", linkPath) : "");
  const pax = Buffer.from(records);
  const extension = pax.length === 0 ? [] : [header({ path: "pax", flag: "x", linkPath: "", mode: 0o644, uid: 0, gid: 0, size: pax.length }), padded(pax)];
  return Buffer.concat([...extension, header({ path, flag: typeFlags[type], linkPath, mode: entry.mode ?? defaultModes[type], uid: entry.uid ?? 0, gid: entry.gid ?? 0, size })]);
}

/** Zeros that fill the last block of a content of `size` bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

interface Header {
  readonly path: string;
  readonly flag: string;
  readonly linkPath: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

function header(fields: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(fields.path, 0, 100, "utf8");
  octal(block, 100, 8, fields.mode);
  octal(block, 108, 8, fields.uid);
  octal(block, 116, 8, fields.gid);
  octal(block, 124, 12, fields.size);
  octal(block, 136, 12, 0);
  block.write("        ", 148, "latin1");
  block.write(fields.flag, 156, "latin1");
  block.write(fields.linkPath, 157, 100, "utf8");
  block.write("ustar\0" + "00", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function octal(block: Buffer, at: number, length: number, value: number): void {
  const digits = value.toString(8);
  if (digits.length >= length) throw new RangeError(`${value} does not fit a tar header`);
  block.write(digits.padStart(length - 1, "0"), at, "latin1");
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, tarPadding(content.length)]);
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
