import type { Duplex } from "node:stream";
import { controlFrame, dataHead, FLAG_FIN, FLAG_UNIDIRECTIONAL, type Frame, FrameReader, frameType, resetReason, SETTING_INITIAL_WINDOW } from "./frame.ts";
import { HeaderDecoder, HeaderEncoder, type SpdyHeaders } from "./header-block.ts";
import { SpdyError } from "./spdy-error.ts";
import { MAX_FRAME_BYTES, SpdyStream, type StreamConnection } from "./stream.ts";
import { INITIAL_WINDOW_BYTES, SendWindow } from "./window.ts";

export interface SpdyOptions {
  readonly role: "server" | "client";
  /** A stream that the other end opened. It is answered before this is called. */
  onStream?(stream: SpdyStream): void;
  /** Most streams at once; more are refused. */
  readonly maxStreams?: number;
}

const DEFAULT_MAX_STREAMS = 512;
/** How much may be read before the other end is told that it may send more. */
const WINDOW_UPDATE_BYTES = 16 << 10;
/** Answers to pings and resets that wait to be sent: who makes us answer and does not read is cut off. */
const MAX_QUEUED_BYTES = 256 << 10;
const MAX_STREAM_ID = 0x7fffffff;

/**
 * One end of a SPDY/3.1 connection over any byte stream. It reads no further while a stream's reader is full and the other end has sent more than its window
 * allows, so what it holds is bounded by the streams' buffers and windows. It keeps to the other end's windows once that has shown that it moves them: Go's spdystream, which Kubernetes' clients use, never does, and would
 * wait for ever for an end that believed in the first 64 KiB.
 */
export class SpdySession implements StreamConnection {
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<void>;
  readonly #connection: Duplex;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #encoder = new HeaderEncoder();
  readonly #decoder = new HeaderDecoder();
  readonly #window = new SendWindow();
  readonly #pings = new Map<number, () => void>();
  readonly #consumed = new Map<number, number>();
  /** Bytes of each stream that its reader has had no room for yet. */
  readonly #held = new Map<number, number>();
  #nextId: number;
  #nextPing: number;
  #lastReceived = 0;
  #goingAway = false;

  constructor(connection: Duplex, options: SpdyOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#nextId = options.role === "server" ? 2 : 1;
    this.#nextPing = this.#nextId;
    connection.on("error", () => connection.destroy());
    this.closed = this.#run();
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Opens a stream. @throws SpdyError when the connection is over or all ids are used */
  open(headers: SpdyHeaders): SpdyStream {
    if (this.#goingAway || this.#connection.destroyed || this.#nextId > MAX_STREAM_ID) throw new SpdyError("the connection takes no more streams");
    const stream = new SpdyStream(this, this.#nextId, headers, this.#window.initial, { writable: true });
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    this.#connection.write(controlFrame(frameType.synStream, 0, [stream.id, 0], Buffer.concat([Buffer.from([0, 0]), this.#encoder.encode(headers)])));
    return stream;
  }

  /** Resolves when the other end has answered. Rejects when the connection ends before. */
  ping(): Promise<void> {
    const id = this.#nextPing;
    this.#nextPing = id + 2 > MAX_STREAM_ID ? id & 1 || 2 : id + 2;
    this.#connection.write(controlFrame(frameType.ping, 0, [id]));
    return new Promise((resolve, reject) => {
      this.#pings.set(id, resolve);
      void this.closed.then(() => reject(new SpdyError("the connection is closed")));
    });
  }

  /** No new streams; those that are open go on. */
  goAway(): void {
    if (this.#goingAway) return;
    this.#goingAway = true;
    if (this.#connection.writable) this.#connection.write(controlFrame(frameType.goAway, 0, [this.#lastReceived, 0]));
  }

  /** Ends the connection and all its streams at once; what was written before is still sent. */
  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  room(stream: SpdyStream, wanted: number): number | Promise<number> {
    return this.#window.room(stream, wanted);
  }

  sendData(streamId: number, data: Uint8Array, fin: boolean, done: (error?: Error | null) => void): void {
    if (!this.#connection.writable) return done(new SpdyError("the connection is closed"));
    this.#connection.cork();
    this.#connection.write(dataHead(streamId, data.length, fin), data.length === 0 ? done : undefined);
    if (data.length > 0) this.#connection.write(data, done);
    this.#connection.uncork();
  }

  reset(streamId: number, reason: number): void {
    this.#answer(controlFrame(frameType.rstStream, 0, [streamId, reason]));
  }

  forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.#consumed.delete(stream.id);
    this.#held.delete(stream.id);
    this.#window.forget(stream);
  }

  async #run(): Promise<void> {
    let failure = new SpdyError("the connection is closed");
    try {
      const reader = new FrameReader();
      for await (const chunk of this.#connection.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        for (const frame of reader.read(chunk)) {
          const underWay = this.#take(frame);
          if (underWay !== undefined) await underWay;
        }
      }
    } catch (error) {
      failure = error as SpdyError;
      if (error instanceof SpdyError && this.#connection.writable) this.#connection.write(controlFrame(frameType.goAway, 0, [this.#lastReceived, 1]));
    }
    this.#decoder.close();
    this.#goingAway = true;
    for (const stream of [...this.#streams.values()]) stream.deliverReset(failure);
    this.#connection.end();
  }

  /** A promise where the next frame must wait. */
  #take(frame: Frame): undefined | Promise<void> {
    if (frame.type === "data") return this.#takeData(frame);
    const { kind, flags, payload } = frame;
    const number = (at: number) => {
      if (payload.length < at + 4) throw new SpdyError("a control frame is too short");
      return payload.readUInt32BE(at) & MAX_STREAM_ID;
    };
    switch (kind) {
      case frameType.synStream:
        return this.#takeStream(number(0), flags, payload.subarray(10));
      case frameType.synReply:
      case frameType.headers:
        return this.#takeHeaders(number(0), flags, payload.subarray(4));
      case frameType.rstStream:
        this.#streams.get(number(0))?.deliverReset(new SpdyError(`the stream was reset (${number(4)})`));
        break;
      case frameType.settings:
        this.#takeSettings(payload);
        break;
      case frameType.ping:
        this.#takePing(payload, number(0));
        break;
      case frameType.goAway:
        this.#goingAway = true;
        break;
      case frameType.windowUpdate:
        this.#takeWindowUpdate(number(0), number(4));
        break;
      default:
      // Frames that nobody knows are skipped.
    }
    return undefined;
  }

  #takeData({ streamId, piece, end }: Extract<Frame, { type: "data" }>): undefined | Promise<void> {
    const stream = this.#streams.get(streamId);
    // A stream that we have reset may still be sent to for a while.
    const credit = () => this.#credit(end || this.#streams.get(streamId) !== stream ? undefined : stream, piece.length);
    const taken = stream?.deliver(piece);
    if (end) stream?.deliverEnd();
    if (taken === undefined) {
      credit();
      return undefined;
    }
    const held = (this.#held.get(streamId) ?? 0) + piece.length;
    if (this.#streams.has(streamId)) this.#held.set(streamId, held);
    const credited = taken.then(() => {
      this.#held.delete(streamId);
      credit();
    });
    if (held <= INITIAL_WINDOW_BYTES) return undefined;
    this.#window.deaf = true;
    return credited.then(() => {
      this.#window.deaf = false;
    });
  }

  async #takeStream(id: number, flags: number, block: Buffer): Promise<void> {
    // Every block must pass through the decoder, also those of streams that are refused.
    const headers = await this.#decoder.decode(block);
    const ours = id % 2 === (this.#options.role === "server" ? 0 : 1);
    if (ours || id <= this.#lastReceived) throw new SpdyError(`stream ${id} cannot be opened now`);
    this.#lastReceived = id;
    const { onStream, maxStreams = DEFAULT_MAX_STREAMS } = this.#options;
    if (onStream === undefined || this.#goingAway || this.#streams.size >= maxStreams) return this.reset(id, resetReason.refusedStream);
    const stream = new SpdyStream(this, id, headers, this.#window.initial, { writable: (flags & FLAG_UNIDIRECTIONAL) === 0 });
    this.#streams.set(id, stream);
    // spdystream throws away data that comes before the reply.
    this.#answer(controlFrame(frameType.synReply, 0, [id], this.#encoder.encode({})));
    onStream(stream);
    if ((flags & FLAG_FIN) !== 0) stream.deliverEnd();
  }

  async #takeHeaders(id: number, flags: number, block: Buffer): Promise<void> {
    await this.#decoder.decode(block);
    if ((flags & FLAG_FIN) !== 0) this.#streams.get(id)?.deliverEnd();
  }

  #takeSettings(payload: Buffer): void {
    const count = payload.length < 4 ? 0 : payload.readUInt32BE(0);
    for (let at = 4; at + 8 <= payload.length && at < 4 + count * 8; at += 8) {
      if (payload.readUIntBE(at + 1, 3) === SETTING_INITIAL_WINDOW) this.#window.setInitial(payload.readUInt32BE(at + 4), this.#streams.values());
    }
  }

  #takePing(payload: Buffer, id: number): void {
    if (id % 2 !== this.#nextPing % 2) return this.#answer(controlFrame(frameType.ping, 0, [payload.readUInt32BE(0)]));
    this.#pings.get(id)?.();
    this.#pings.delete(id);
  }

  #takeWindowUpdate(id: number, delta: number): void {
    if (id === 0) return this.#window.moveAll(delta);
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#window.move(stream, delta);
  }

  /** Lets the other end send as much again, told in large steps. */
  #credit(stream: SpdyStream | undefined, bytes: number): void {
    for (const id of stream === undefined ? [0] : [0, stream.id]) {
      const consumed = (this.#consumed.get(id) ?? 0) + bytes;
      this.#consumed.set(id, consumed < WINDOW_UPDATE_BYTES ? consumed : 0);
      if (consumed >= WINDOW_UPDATE_BYTES) this.#answer(controlFrame(frameType.windowUpdate, 0, [id, consumed]));
    }
  }

  /** Sends what the other end made us send. */
  #answer(frame: Buffer): void {
    if (!this.#connection.writable) return;
    if (this.#connection.writableLength > MAX_QUEUED_BYTES + this.#streams.size * MAX_FRAME_BYTES) return void this.#connection.destroy();
    this.#connection.write(frame);
  }
}
