import { Duplex } from "node:stream";
import { resetReason } from "./frame.ts";
import type { SpdyHeaders } from "./header-block.ts";
import { SpdyError } from "./spdy-error.ts";

/** What a stream may hold for its reader before the whole connection is read no further. */
const READ_BUFFER_BYTES = 64 << 10;
/** Most bytes in one data frame of ours. */
export const MAX_FRAME_BYTES = 64 << 10;

/** What a stream needs of its connection. */
export interface StreamConnection {
  /** Resolves with how many of `wanted` bytes may be sent now, at least one; rejects when the stream or connection ends before. */
  room(stream: SpdyStream, wanted: number): number | Promise<number>;
  sendData(streamId: number, data: Uint8Array, fin: boolean, done: (error?: Error | null) => void): void;
  reset(streamId: number, reason: number): void;
  forget(stream: SpdyStream): void;
}

/** One stream of a SPDY connection: each direction ends alone. `destroy` resets it. */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** What it was opened with. */
  readonly headers: SpdyHeaders;
  /** Bytes that the other end lets us send, where it says so. */
  window: number;
  readonly #connection: StreamConnection;
  #taken: (() => void)[] = [];
  #sentEnd: boolean;
  #receivedEnd = false;
  #wasReset = false;

  constructor(connection: StreamConnection, id: number, headers: SpdyHeaders, window: number, options: { readonly writable: boolean }) {
    super({ allowHalfOpen: true, readableHighWaterMark: READ_BUFFER_BYTES, writableHighWaterMark: MAX_FRAME_BYTES, autoDestroy: true });
    this.id = id;
    this.headers = headers;
    this.window = window;
    this.#connection = connection;
    this.#sentEnd = !options.writable;
    if (!options.writable) this.end();
    // Whoever holds the stream may not be listening yet, or no longer.
    this.on("error", () => undefined);
  }

  /** A piece from the other end. Resolves when the reader has room again; undefined when it has. */
  deliver(piece: Buffer): Promise<void> | undefined {
    if (this.#receivedEnd || this.destroyed || piece.length === 0) return undefined;
    if (this.push(piece)) return undefined;
    return new Promise((resolve) => {
      this.#taken.push(resolve);
    });
  }

  /** The other end sends nothing more. */
  deliverEnd(): void {
    if (this.#receivedEnd) return;
    this.#receivedEnd = true;
    if (!this.destroyed) this.push(null);
    this.#forgetWhenOver();
  }

  /** The other end reset it, or the connection is gone. */
  deliverReset(error: Error): void {
    this.#wasReset = true;
    this.destroy(error);
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = [];
    for (const one of taken) one();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (chunk.length === 0) return done();
    const allowed = this.#connection.room(this, Math.min(chunk.length, MAX_FRAME_BYTES));
    if (typeof allowed !== "number") return void allowed.then((bytes) => this.#send(chunk, bytes, done), done);
    this.#send(chunk, allowed, done);
  }

  #send(chunk: Buffer, bytes: number, done: (error?: Error | null) => void): void {
    if (this.destroyed) return done(new SpdyError("the stream is closed"));
    if (bytes >= chunk.length) return this.#connection.sendData(this.id, chunk, false, done);
    this.#connection.sendData(this.id, chunk.subarray(0, bytes), false, (error) => {
      if (error) done(error);
      else this._write(chunk.subarray(bytes), "buffer" as BufferEncoding, done);
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#sentEnd) return done();
    this.#sentEnd = true;
    this.#connection.sendData(this.id, new Uint8Array(), true, (error) => {
      done(error);
      this.#forgetWhenOver();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    if (!this.#wasReset && !(this.#sentEnd && this.#receivedEnd)) this.#connection.reset(this.id, resetReason.cancel);
    this.#connection.forget(this);
    done(error);
  }

  #forgetWhenOver(): void {
    if (this.#sentEnd && this.#receivedEnd) this.#connection.forget(this);
  }
}
