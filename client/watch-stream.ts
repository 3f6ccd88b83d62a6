import { parseJson } from "../api/codec/parse-json.ts";
import type { ResponseBody, WatchEvent } from "../api/exchange.ts";
import type { Status } from "../api/wire.ts";
import { ApiError, ConnectionError } from "./client.ts";
import { deepFreeze } from "./freeze.ts";
import { chunksOf } from "./response.ts";

/** Longest line of a watch: an object of the largest size the store takes, its JSON escaped, and more. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Batches of frozen events of a watch's body. @throws ApiError at an ERROR event; ConnectionError at a line that is too long or not JSON */
export async function* readWatch(body: ResponseBody): AsyncGenerator<readonly WatchEvent[]> {
  const batches = body.type === "watch" ? body.batches : parseBatches(chunksOf(body));
  for await (const batch of batches) {
    const failed = batch.findIndex((event) => event.type === "ERROR");
    if (failed < 0) {
      yield batch;
      continue;
    }
    if (failed > 0) yield batch.slice(0, failed);
    throw new ApiError(batch[failed]?.object as unknown as Status);
  }
}

/** All events whose lines end in one chunk are one batch. */
async function* parseBatches(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly WatchEvent[]> {
  for await (const lines of splitLines(chunks)) {
    const events = lines.filter((line) => line.length > 0).map(parseEvent);
    if (events.length > 0) yield events;
  }
}

function parseEvent(line: Buffer): WatchEvent {
  try {
    return deepFreeze(parseJson(line.toString("utf8")) as WatchEvent);
  } catch (cause) {
    throw new ConnectionError("the watch sent a line that is not JSON", { outcomeUnknown: false, cause });
  }
}

/** Complete lines of each chunk; what follows the last newline waits for more (at most MAX_LINE_BYTES). */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, limit_bytes = MAX_LINE_BYTES): AsyncGenerator<Buffer[]> {
  let held: Buffer[] = [];
  let held_bytes = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const part = bytes.subarray(start, end);
      lines.push(held.length === 0 ? part : Buffer.concat([...held, part]));
      held = [];
      held_bytes = 0;
      start = end + 1;
    }
    if (start < bytes.length) {
      held.push(bytes.subarray(start));
      held_bytes += bytes.length - start;
      if (held_bytes > limit_bytes) throw new ConnectionError(`a line of the watch is longer than ${limit_bytes} bytes`, { outcomeUnknown: false });
    }
    if (lines.length > 0) yield lines;
  }
}
