import { watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { LineSplitter, parseLogLine } from "./cri-log.ts";
import { tailOffset } from "./tail.ts";

export interface LogOptions {
  readonly follow?: boolean;
  /** Only the last lines; all where absent. */
  readonly tailLines?: number;
  /** Nothing older, milliseconds since the epoch. */
  readonly since_ms?: number;
  readonly timestamps?: boolean;
  /** Stop after so many bytes of output. */
  readonly limitBytes?: number;
  readonly stream?: "stdout" | "stderr";
}

export interface LogSource {
  readonly path: string;
  /** Whether more may come; asked at the end of the file while following. */
  readonly isRunning: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const CHUNK_BYTES = 64 * 1024;
/** inotify tells of most changes; this is for those that it does not. */
const RECHECK_MS = 1_000;
const BLANK = Buffer.from(" ");

/** The text of a container's log as clients see it, in chunks; with `follow`, across rotations, until the container has ended or the signal aborts. */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<Buffer> {
  const format = new Formatter(options);
  for await (const chunk of readRaw(source, options)) {
    const text = format.push(chunk);
    if (text.length > 0) yield text;
    if (format.isDone) return;
  }
}

async function* readRaw(source: LogSource, options: LogOptions): AsyncGenerator<Buffer> {
  let file = await open(source.path, "r");
  const changes = options.follow ? new Changes(source) : undefined;
  try {
    let at = options.tailLines === undefined ? 0 : await tailOffset(file, (await file.stat()).size, options.tailLines);
    for (;;) {
      // Asked before the read: what is written between the two is read in the next round.
      const mayGrow = options.follow === true && source.isRunning();
      const block = await readBlock(file, at);
      at += block.length;
      if (block.length > 0) {
        yield block;
        continue;
      }
      const next = options.follow ? await reopened(source.path, file) : undefined;
      if (next !== undefined) {
        await file.close();
        file = next;
        at = 0;
        continue;
      }
      if (!mayGrow || source.signal.aborted) return;
      await changes?.next();
    }
  } finally {
    changes?.close();
    await file.close();
  }
}

async function readBlock(file: FileHandle, at: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(CHUNK_BYTES);
  const { bytesRead } = await file.read(block, 0, CHUNK_BYTES, at);
  return block.subarray(0, bytesRead);
}

/** The new file, when the path names another one than that which is open. */
async function reopened(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  try {
    const [now, old] = await Promise.all([stat(path), file.stat()]);
    return now.ino === old.ino ? undefined : await open(path, "r");
  } catch {
    return undefined;
  }
}

/** Wakes on any change in the log's folder, at least every RECHECK_MS. */
class Changes {
  readonly #source: LogSource;
  readonly #watcher: ReturnType<typeof watch>;
  #hasChanged = false;
  #wake: (() => void) | undefined;

  constructor(source: LogSource) {
    this.#source = source;
    this.#watcher = watch(dirname(source.path), () => this.#changed());
    this.#watcher.on("error", () => {});
    source.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  async next(): Promise<void> {
    if (!this.#hasChanged && !this.#source.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = this.#source.clock.after(RECHECK_MS, resolve);
        this.#wake = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#wake = undefined;
    }
    this.#hasChanged = false;
  }

  close(): void {
    this.#watcher.close();
    this.#source.signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => this.#changed();

  #changed(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }
}

class Formatter {
  readonly #options: LogOptions;
  readonly #lines = new LineSplitter();
  #left_bytes: number;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#left_bytes = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  get isDone(): boolean {
    return this.#left_bytes <= 0;
  }

  push(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    for (const raw of this.#lines.push(chunk)) {
      const line = parseLogLine(raw);
      if (line === undefined || (this.#options.stream !== undefined && line.stream !== this.#options.stream)) continue;
      if (this.#options.since_ms !== undefined && Date.parse(line.time.toString("latin1")) < this.#options.since_ms) continue;
      if (this.#options.timestamps) this.#emit(out, utcTime(line.time), BLANK);
      this.#emit(out, line.content);
      if (this.isDone) break;
    }
    return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out);
  }

  #emit(out: Buffer[], ...parts: readonly Buffer[]): void {
    for (const part of parts) {
      if (this.#left_bytes <= 0) return;
      const cut = part.length > this.#left_bytes ? part.subarray(0, this.#left_bytes) : part;
      this.#left_bytes -= cut.length;
      out.push(cut);
    }
  }
}

const ZULU = "Z".charCodeAt(0);

/** A line's time in UTC with its fraction as it stands: monitors write the machine's offset (`+00:00`), clients expect `Z`. */
function utcTime(time: Buffer): Buffer {
  if (time.at(-1) === ZULU) return time;
  const text = time.toString("latin1");
  const time_ms = Date.parse(text);
  const fraction = /\.\d+/.exec(text)?.[0] ?? "";
  return Number.isNaN(time_ms) ? time : Buffer.from(`${new Date(time_ms).toISOString().slice(0, 19)}${fraction}Z`);
}
