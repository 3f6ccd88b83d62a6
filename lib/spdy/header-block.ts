import { createInflate, type Inflate } from "node:zlib";
import { DICTIONARY_ID, headerDictionary } from "./dictionary.ts";
import { SpdyError } from "./spdy-error.ts";

/** Header names in lower case and their values. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** What one block may grow to when it is inflated, and how many headers it may have. */
const MAX_BLOCK_BYTES = 32 << 10;
const MAX_HEADERS = 100;
/** zlib's header: deflate, a 32 KiB window, a dictionary that follows by its checksum. */
const ZLIB_HEAD = Buffer.from([0x78, 0xbb]);
/** An empty stored block, as zlib's sync flush writes it: Go's reader gives out nothing before one. */
const SYNC = Buffer.from([0, 0, 0, 0xff, 0xff]);

/**
 * Header blocks of one direction. Each goes out as one stored block of the connection's zlib stream: any reader takes that, the headers are a few dozen
 * bytes, and a compressor would hold a quarter of a megabyte for each connection.
 */
export class HeaderEncoder {
  #begun = false;

  encode(headers: SpdyHeaders): Buffer {
    const block = plainBlock(headers);
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(block.length, 1);
    stored.writeUInt16LE(~block.length & 0xffff, 3);
    const head = this.#begun ? [] : [ZLIB_HEAD, dictionaryId()];
    this.#begun = true;
    return Buffer.concat([...head, stored, block, SYNC]);
  }
}

/** Reads the other direction's blocks, which must come in the order in which they were sent, one after another. */
export class HeaderDecoder {
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary });
  #chunks: Buffer[] = [];
  #size = 0;
  #failed: ((error: Error) => void) | undefined;

  constructor() {
    this.#inflate.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#inflate.on("error", (error) => this.#failed?.(new SpdyError(`a header block cannot be inflated: ${error.message}`)));
  }

  /** @throws SpdyError for a block that is broken or too large: the connection is of no use afterwards */
  async decode(compressed: Buffer): Promise<SpdyHeaders> {
    this.#chunks = [];
    this.#size = 0;
    await new Promise<void>((resolve, reject) => {
      this.#failed = reject;
      this.#inflate.write(compressed);
      this.#inflate.flush(() => resolve());
    });
    return parseBlock(Buffer.concat(this.#chunks, this.#size));
  }

  close(): void {
    this.#inflate.destroy();
  }

  #take(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_BLOCK_BYTES) {
      this.#chunks = [];
      this.#failed?.(new SpdyError(`a header block is larger than ${MAX_BLOCK_BYTES} bytes`));
      this.#inflate.destroy();
    } else this.#chunks.push(chunk);
  }
}

function dictionaryId(): Buffer {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(DICTIONARY_ID);
  return id;
}

function plainBlock(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  const texts = entries.flatMap(([name, value]) => [Buffer.from(name, "latin1"), Buffer.from(value, "utf8")]);
  const size = 4 + texts.reduce((sum, text) => sum + 4 + text.length, 0);
  if (size > MAX_BLOCK_BYTES) throw new SpdyError(`headers are larger than ${MAX_BLOCK_BYTES} bytes`);
  const block = Buffer.alloc(size);
  let at = block.writeUInt32BE(entries.length, 0);
  for (const text of texts) {
    at = block.writeUInt32BE(text.length, at);
    at += text.copy(block, at);
  }
  return block;
}

function parseBlock(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = () => {
    if (at + 4 > block.length) throw new SpdyError("a header block ends too early");
    const value = block.readUInt32BE(at);
    at += 4;
    return value;
  };
  const text = () => {
    const length = number();
    if (at + length > block.length) throw new SpdyError("a header block ends too early");
    at += length;
    return block.toString("utf8", at - length, at);
  };
  const count = number();
  if (count > MAX_HEADERS) throw new SpdyError(`a header block has more than ${MAX_HEADERS} headers`);
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < count; i++) {
    const name = text().toLowerCase();
    headers[name] = text();
  }
  return headers;
}
