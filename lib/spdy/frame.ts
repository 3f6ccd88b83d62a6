import { SpdyError } from "./spdy-error.ts";

/** Types of control frames (SPDY/3.1 §2.6). */
export const frameType = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
/** Why a stream is reset. */
export const resetReason = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, internalError: 6, flowControlError: 7, streamAlreadyClosed: 9 } as const;
/** Of a SYN_STREAM, SYN_REPLY, HEADERS or data frame: the sender sends nothing more on this stream. */
export const FLAG_FIN = 1;
/** Of a SYN_STREAM: the receiver may send nothing on it. */
export const FLAG_UNIDIRECTIONAL = 2;
/** SETTINGS: the window that new streams start with. */
export const SETTING_INITIAL_WINDOW = 7;

const VERSION = 3;
const HEAD_BYTES = 8;
/** Control frames are kept whole while they arrive; data passes in pieces. */
const MAX_CONTROL_BYTES = 16 << 10;

export type Frame =
  | { readonly type: "control"; readonly kind: number; readonly flags: number; readonly payload: Buffer }
  /** A piece of a data frame; `end` with the frame's last one when the stream ends there. */
  | { readonly type: "data"; readonly streamId: number; readonly piece: Buffer; readonly end: boolean };

/** Cuts bytes as they arrive into frames. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);
  #data: { readonly streamId: number; readonly fin: boolean; left: number } | undefined;

  /** @throws SpdyError for what is no SPDY/3 */
  *read(chunk: Buffer): Generator<Frame> {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      if (this.#data !== undefined) {
        const { streamId, fin, left } = this.#data;
        const piece = bytes.subarray(0, left);
        if (piece.length === 0 && left > 0) break;
        bytes = bytes.subarray(piece.length);
        this.#data.left -= piece.length;
        const done = this.#data.left === 0;
        if (done) this.#data = undefined;
        yield { type: "data", streamId, piece, end: done && fin };
        continue;
      }
      if (bytes.length < HEAD_BYTES) break;
      const length = bytes.readUIntBE(5, 3);
      const flags = bytes[4]!;
      const first = bytes.readUInt32BE(0);
      if (first < 0x80000000) {
        if (first === 0) throw new SpdyError("data for stream 0");
        this.#data = { streamId: first, fin: (flags & FLAG_FIN) !== 0, left: length };
        bytes = bytes.subarray(HEAD_BYTES);
        continue;
      }
      if (((first >>> 16) & 0x7fff) !== VERSION) throw new SpdyError(`version ${(first >>> 16) & 0x7fff} is not SPDY/3`);
      if (length > MAX_CONTROL_BYTES) throw new SpdyError(`a control frame of ${length} bytes: at most ${MAX_CONTROL_BYTES} are taken`);
      if (bytes.length < HEAD_BYTES + length) break;
      const payload = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
      bytes = bytes.subarray(HEAD_BYTES + length);
      yield { type: "control", kind: first & 0xffff, flags, payload };
    }
    // A copy: what is held must not keep the whole chunk alive.
    this.#held = Buffer.from(bytes);
  }
}

/** A control frame: its numbers (32 bits each), then more bytes. */
export function controlFrame(kind: number, flags: number, numbers: readonly number[], more: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + numbers.length * 4 + more.length);
  frame.writeUInt32BE(0x80000000 + VERSION * 0x10000 + kind, 0);
  frame[4] = flags;
  frame.writeUIntBE(numbers.length * 4 + more.length, 5, 3);
  let at = HEAD_BYTES;
  for (const number of numbers) at = frame.writeUInt32BE(number >>> 0, at);
  frame.set(more, at);
  return frame;
}

/** The head of a data frame; `length` bytes follow. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head[4] = fin ? FLAG_FIN : 0;
  head.writeUIntBE(length, 5, 3);
  return head;
}
