import { SpdyError } from "./spdy-error.ts";

/** What a window belongs to: a stream. */
interface Windowed {
  window: number;
}

/** SPDY/3.1 §2.6.8: what streams and the connection start with. */
export const INITIAL_WINDOW_BYTES = 64 << 10;
const MAX_WINDOW = 0x7fffffff;

interface Waiting {
  readonly stream: Windowed;
  readonly wanted: number;
  resolve(bytes: number): void;
  reject(error: Error): void;
}

/**
 * How much we may send. All is counted from the start, but a window is kept only once the other end has moved it: ends without flow control never do.
 */
export class SendWindow {
  initial = INITIAL_WINDOW_BYTES;
  #connection = INITIAL_WINDOW_BYTES;
  #keepsStreams = false;
  #keepsConnection = false;
  #isDeaf = false;
  readonly #waiting = new Set<Waiting>();

  /** Takes up to `wanted` bytes of the windows. */
  room(stream: Windowed, wanted: number): number | Promise<number> {
    const bytes = this.#take(stream, wanted);
    if (bytes > 0) return bytes;
    return new Promise((resolve, reject) => this.#waiting.add({ stream, wanted, resolve, reject }));
  }

  /** The other end takes `delta` bytes more on the stream. @throws SpdyError when the window passes 2^31-1 */
  move(stream: Windowed, delta: number): void {
    this.#keepsStreams = true;
    stream.window = checked(stream.window + delta);
    this.#wake();
  }

  moveAll(delta: number): void {
    this.#keepsConnection = true;
    this.#connection = checked(this.#connection + delta);
    this.#wake();
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE: also open streams change by the difference. */
  setInitial(bytes: number, streams: Iterable<Windowed>): void {
    this.#keepsStreams = true;
    const difference = checked(bytes) - this.initial;
    this.initial = bytes;
    for (const stream of streams) stream.window = checked(stream.window + difference);
    this.#wake();
  }

  /** While nothing is read from the other end, what it takes more cannot be heard of, and is not waited for. */
  set deaf(isDeaf: boolean) {
    this.#isDeaf = isDeaf;
    if (isDeaf) this.#wake();
  }

  /** The stream is over: who waits for it hears so. */
  forget(stream: Windowed): void {
    for (const one of this.#waiting) {
      if (one.stream !== stream) continue;
      this.#waiting.delete(one);
      one.reject(new SpdyError("the stream is closed"));
    }
  }

  #take(stream: Windowed, wanted: number): number {
    let bytes = wanted;
    if (this.#keepsStreams && !this.#isDeaf) bytes = Math.min(bytes, stream.window);
    if (this.#keepsConnection && !this.#isDeaf) bytes = Math.min(bytes, this.#connection);
    if (bytes <= 0) return 0;
    stream.window -= bytes;
    this.#connection -= bytes;
    return bytes;
  }

  #wake(): void {
    for (const one of this.#waiting) {
      const bytes = this.#take(one.stream, one.wanted);
      if (bytes <= 0) continue;
      this.#waiting.delete(one);
      one.resolve(bytes);
    }
  }
}

function checked(window: number): number {
  if (window > MAX_WINDOW) throw new SpdyError("a window is larger than 2^31-1");
  return window;
}
