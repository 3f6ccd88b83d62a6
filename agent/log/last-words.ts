import { open } from "node:fs/promises";
import { LineSplitter, parseLogLine } from "./cri-log.ts";
import { tailOffset } from "./tail.ts";

/** kubelet's bounds on a termination message. */
const MAX_FILE_BYTES = 4096;
const MAX_LOG_LINES = 80;
const MAX_LOG_BYTES = 2048;
/** Lines of the file carry times and may be cut in pieces: more than enough for MAX_LOG_BYTES of text. */
const MAX_READ_BYTES = 1024 * 1024;

export interface LastWordsInput {
  /** The file that was mounted at terminationMessagePath. */
  readonly messageFile: string;
  readonly logFile: string;
  /** terminationMessagePolicy FallbackToLogsOnError, and it failed. */
  readonly mayUseLog: boolean;
}

/** What a container left as its termination message: the end of its file, else (where allowed) the end of its log. Empty when there is nothing. */
export async function lastWords(input: LastWordsInput): Promise<string> {
  const text = await readEnd(input.messageFile, MAX_FILE_BYTES).catch(() => "");
  if (text !== "" || !input.mayUseLog) return text;
  return logEnd(input.logFile).catch(() => "");
}

async function readEnd(path: string, limit_bytes: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(limit_bytes);
    const { bytesRead } = await file.read(buffer, 0, limit_bytes, Math.max(0, size - limit_bytes));
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function logEnd(path: string): Promise<string> {
  const file = await open(path, "r");
  let raw: Buffer;
  try {
    const { size } = await file.stat();
    const offset = Math.max(await tailOffset(file, size, MAX_LOG_LINES), size - MAX_READ_BYTES);
    const buffer = Buffer.alloc(size - offset);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    raw = buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
  const contents: Buffer[] = [];
  for (const line of new LineSplitter().push(raw)) {
    const parsed = parseLogLine(line);
    if (parsed !== undefined) contents.push(parsed.content);
  }
  return Buffer.concat(contents).subarray(-MAX_LOG_BYTES).toString("utf8");
}
