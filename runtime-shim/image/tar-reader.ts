/** One entry of a tar archive: its header, and its body until the next entry is asked for. */
export interface TarEntry {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink" | "character" | "block" | "fifo";
  readonly linkPath: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since the epoch, with a fraction when the archive has one. */
  readonly mtime_s: number;
  readonly major: number;
  readonly minor: number;
  /** From PAX `SCHILY.xattr.` records. */
  readonly xattrs: ReadonlyMap<string, Buffer>;
  body(): AsyncIterable<Buffer>;
}

const BLOCK = 512;
/** PAX and GNU long-name records are held in memory. */
const MAX_EXTENSION_BYTES = 1 << 20;

const types: Readonly<Record<string, TarEntry["type"]>> = { "0": "file", "\0": "file", "7": "file", "1": "hardlink", "2": "symlink", "3": "character", "4": "block", "5": "directory", "6": "fifo" };

type Pax = Map<string, Buffer>;

/** Yields the entries of a tar stream (ustar, PAX, GNU long names), with every buffer bounded. Throws on malformed input. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, void> {
  const input = new ByteInput(source);
  const global: Pax = new Map();
  let local: Pax = new Map();
  for (;;) {
    const header = await input.block();
    // The end is two blocks of zeros; archives cut after the first, or with none, are common and harmless.
    if (header === undefined) return;
    if (header.every((byte) => byte === 0)) return input.drain();
    verifyChecksum(header);
    const flag = String.fromCharCode(header[156] as number);
    const size = number(header, 124, 12, "size");
    if (flag === "x" || flag === "g") {
      for (const [key, value] of parsePax(await input.extension(size))) (flag === "g" ? global : local).set(key, value);
    } else if (flag === "L" || flag === "K") {
      local.set(flag === "L" ? "path" : "linkpath", cutAtNul(await input.extension(size)));
    } else {
      const { entry, remaining } = entryOf(header, flag, size, new Map([...global, ...local]), input);
      local = new Map();
      yield entry;
      await remaining();
    }
  }
}

function entryOf(header: Buffer, flag: string, headerSize: number, pax: Pax, input: ByteInput): { entry: TarEntry; remaining: () => Promise<void> } {
  if ([...pax.keys()].some((key) => key.startsWith("GNU.sparse."))) throw new Error("archive has a sparse file, which is not supported");
  const type = types[flag];
  if (type === undefined) throw new Error(`archive has an entry of type ${JSON.stringify(flag)}, which is not supported`);
  const size = type === "file" ? (paxNumber(pax, "size") ?? headerSize) : 0;
  const skipped = type === "file" ? 0 : headerSize;
  const prefix = text(header, 257, 5) === "ustar" && header[262] === 0 ? text(header, 345, 155) : "";
  const name = text(header, 0, 100);
  const path = pax.get("path")?.toString("utf8") ?? (prefix === "" ? name : `${prefix}/${name}`);
  const body = new Body(input, size);
  const entry: TarEntry = {
    path,
    type: type === "file" && path.endsWith("/") ? "directory" : type,
    linkPath: pax.get("linkpath")?.toString("utf8") ?? text(header, 157, 100),
    mode: number(header, 100, 8, "mode"),
    uid: paxNumber(pax, "uid") ?? number(header, 108, 8, "uid"),
    gid: paxNumber(pax, "gid") ?? number(header, 116, 8, "gid"),
    size,
    mtime_s: paxNumber(pax, "mtime") ?? number(header, 136, 12, "mtime"),
    major: type === "character" || type === "block" ? number(header, 329, 8, "devmajor") : 0,
    minor: type === "character" || type === "block" ? number(header, 337, 8, "devminor") : 0,
    xattrs: new Map([...pax].filter(([key]) => key.startsWith("SCHILY.xattr.")).map(([key, value]) => [key.slice("SCHILY.xattr.".length), value])),
    body: () => body.chunks(),
  };
  return { entry, remaining: async () => { await body.discard(); await input.discard(skipped + padding(size + skipped)); } };
}

/** The bytes of one entry, given out once. */
class Body {
  readonly #input: ByteInput;
  #left: number;

  constructor(input: ByteInput, size: number) {
    this.#input = input;
    this.#left = size;
  }

  async *chunks(): AsyncGenerator<Buffer, void, void> {
    while (this.#left > 0) {
      const chunk = await this.#input.some(this.#left);
      this.#left -= chunk.length;
      yield chunk;
    }
  }

  async discard(): Promise<void> {
    await this.#input.discard(this.#left);
    this.#left = 0;
  }
}

/** Bytes of a chunked stream, by count. */
class ByteInput {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Up to `most` bytes, at least one. */
  async some(most: number): Promise<Buffer> {
    if (this.#chunk.length === 0 && !(await this.#fill())) throw new Error("archive ends in the middle of an entry");
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }

  /** One header block; undefined at the end of the stream. */
  async block(): Promise<Buffer | undefined> {
    if (this.#chunk.length === 0 && !(await this.#fill())) return undefined;
    return this.#exactly(BLOCK);
  }

  /** The content of an extension record with its padding taken away. */
  async extension(size: number): Promise<Buffer> {
    if (size > MAX_EXTENSION_BYTES) throw new Error(`archive has an extension record of ${size} bytes, more than ${MAX_EXTENSION_BYTES}`);
    const content = Buffer.from(await this.#exactly(size));
    await this.discard(padding(size));
    return content;
  }

  async discard(count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (await this.some(left)).length;
  }

  /** Reads to the end, so that whoever hashes the stream sees all of it. */
  async drain(): Promise<void> {
    while (await this.#fill());
  }

  async #exactly(count: number): Promise<Buffer> {
    if (this.#chunk.length >= count) return this.some(count === 0 ? 0 : count);
    const parts: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async #fill(): Promise<boolean> {
    for (;;) {
      const next = await this.#iterator.next();
      if (next.done === true) {
        this.#chunk = Buffer.alloc(0);
        return false;
      }
      if (next.value.length === 0) continue;
      this.#chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      return true;
    }
  }
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function verifyChecksum(header: Buffer): void {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] as number);
  if (sum !== number(header, 148, 8, "checksum")) throw new Error("not a tar archive: a header's checksum is wrong");
}

function text(header: Buffer, start: number, length: number): string {
  return cutAtNul(header.subarray(start, start + length)).toString("utf8");
}

function cutAtNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Octal digits, or GNU's base 256 when the first bit is set. */
function number(header: Buffer, start: number, length: number, name: string): number {
  const field = header.subarray(start, start + length);
  const first = field[0] as number;
  let value = 0;
  if (first & 0x80) {
    if (first === 0xff) return 0; // negative: only times before 1970
    value = first & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
  } else {
    const digits = cutAtNul(field).toString("latin1").trim();
    if (!/^[0-7]*$/.test(digits)) throw new Error(`not a tar archive: ${name} is ${JSON.stringify(digits)}`);
    value = digits === "" ? 0 : Number.parseInt(digits, 8);
  }
  if (!Number.isSafeInteger(value)) throw new Error(`archive has an entry whose ${name} is beyond 2^53`);
  return value;
}

function paxNumber(pax: Pax, key: string): number | undefined {
  const value = pax.get(key)?.toString("latin1");
  if (value === undefined) return undefined;
  if (!/^-?[0-9]+(\.[0-9]+)?$/.test(value)) throw new Error(`archive has a PAX ${key} that is not a number`);
  const parsed = Math.max(0, Number(value));
  if (!Number.isFinite(parsed) || parsed > Number.MAX_SAFE_INTEGER) throw new Error(`archive has a PAX ${key} beyond 2^53`);
  return key === "mtime" ? parsed : Math.floor(parsed);
}

/** Records of the form `LENGTH KEY=VALUE\n`; values may hold any byte. */
function parsePax(bytes: Buffer): Pax {
  const records: Pax = new Map();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString("latin1", at, space));
    const equals = bytes.indexOf(0x3d, space);
    if (!Number.isInteger(length) || length < 5 || at + length > bytes.length || equals < 0 || equals >= at + length) throw new Error("archive has a malformed PAX record");
    records.set(bytes.toString("utf8", space + 1, equals), bytes.subarray(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}
