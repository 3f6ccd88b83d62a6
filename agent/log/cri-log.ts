/** One line of a CRI log file: `TIME STREAM TAG CONTENT`. The slices share the file's buffer. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as written. */
  readonly time: Buffer;
  readonly stream: "stdout" | "stderr";
  /** The line was cut: what follows belongs to it. */
  readonly isPartial: boolean;
  /** With its newline, unless partial. */
  readonly content: Buffer;
}

const NEWLINE = 10;
const RETURN = 13;
const BLANK = 32;
const PARTIAL = 80;

/** Terminals end their lines with CR LF: containerd's log, after which clients are made, keeps the LF alone. */
function withoutReturn(content: Buffer): Buffer {
  const at = content.length - 2;
  return content[at] === RETURN ? Buffer.concat([content.subarray(0, at), content.subarray(at + 1)]) : content;
}

/** `line` includes its newline. undefined when it is not a CRI log line. */
export function parseLogLine(line: Buffer): LogLine | undefined {
  const afterTime = line.indexOf(BLANK);
  const afterStream = line.indexOf(BLANK, afterTime + 1);
  if (afterTime < 1 || afterStream < 0) return undefined;
  const afterTag = line.indexOf(BLANK, afterStream + 1);
  const stream = line.toString("latin1", afterTime + 1, afterStream);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const isPartial = line[afterStream + 1] === PARTIAL;
  const end = isPartial && line[line.length - 1] === NEWLINE ? line.length - 1 : line.length;
  const content = afterTag < 0 ? line.subarray(line.length - 1) : line.subarray(afterTag + 1, Math.max(end, afterTag + 1));
  return { time: line.subarray(0, afterTime), stream, isPartial, content: isPartial ? content : withoutReturn(content) };
}

/** Cuts what is written into lines; the rest waits for more. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** A line longer than this is passed on in pieces. */
  readonly #limit_bytes: number;

  constructor(limit_bytes = 1024 * 1024) {
    this.#limit_bytes = limit_bytes;
  }

  *push(chunk: Buffer): Generator<Buffer> {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, at)) {
      yield data.subarray(at, end + 1);
      at = end + 1;
    }
    this.#rest = data.subarray(at);
    if (this.#rest.length > this.#limit_bytes) {
      yield this.#rest;
      this.#rest = Buffer.alloc(0);
    }
  }
}
