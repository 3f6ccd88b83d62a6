import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type FrameReader, type FrameStream, join, joinEnd } from "../chain/frame-stream.ts";

/**
 * The answer of a watch, written to as things happen: by a plain call, without a promise or a listener while its reader keeps up. Of HTTP/1.1 one chunk is made for all
 * readers of a frame and goes to the socket as it is (Node would make four writes of it, for each of them anew).
 */
export class HeldAnswer implements FrameReader {
  full = false;
  readonly #response: ServerResponse;
  readonly #isPlain: boolean;
  readonly #frames: FrameStream;

  /** Of a response whose head has been written. */
  constructor(response: ServerResponse, frames: FrameStream) {
    this.#response = response;
    this.#isPlain = !("stream" in response);
    this.#frames = frames;
    frames.pour(this);
  }

  take(frames: readonly Uint8Array[], from: number): number {
    const end = joinEnd(frames, from);
    const response = this.#response;
    if (!response.destroyed && !response.writableEnded) this.#write(join(frames, from, end));
    return end;
  }

  end(error?: unknown): void {
    if (error === undefined) this.#response.end();
    else this.#response.destroy();
  }

  #write(bytes: Uint8Array): void {
    const response = this.#response;
    const socket = this.#isPlain ? response.socket : null;
    // An answer whose turn has not come yet (pipelining) has no socket, and one to HTTP/1.0 no chunks.
    if (socket === null || !response.chunkedEncoding) {
      if (!response.write(bytes)) this.#waitFor(response);
    } else if (socket.writable && !socket.write(chunkOf(bytes))) this.#waitFor(socket);
  }

  /** The reader has taken what was written, or is gone. */
  #waitFor(sink: ServerResponse | Socket): void {
    this.full = true;
    const done = () => {
      sink.off("drain", done);
      sink.off("close", done);
      this.full = false;
      this.#frames.resume();
    };
    sink.on("drain", done);
    sink.on("close", done);
  }
}

/** What is written to thousands one after the other; a larger chunk is not kept. */
const KEPT_CHUNK_BYTES = 64 << 10;
let keptBytes: Uint8Array | undefined;
let keptChunk: Buffer | undefined;

/** The bytes as a chunk of RFC 9112 §7.1; made once for readers that get the same bytes one after the other. */
function chunkOf(bytes: Uint8Array): Buffer {
  if (bytes === keptBytes && keptChunk !== undefined) return keptChunk;
  const head = `${bytes.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafeSlow(head.length + bytes.length + 2);
  chunk.write(head, 0, "latin1");
  chunk.set(bytes, head.length);
  chunk.write("\r\n", head.length + bytes.length, "latin1");
  if (chunk.length <= KEPT_CHUNK_BYTES) {
    keptBytes = bytes;
    keptChunk = chunk;
  }
  return chunk;
}
