/** Frames that are ready together go out together, up to this size. */
const JOIN_BYTES = 64 << 10;

/** Who is given frames as they come. */
export interface FrameReader {
  /** It can take no more for now; it calls `resume` once it can, or once it is gone. */
  readonly full: boolean;
  /** Takes frames from index `from` on, at least one, and tells the index of the next; the array is good only during the call. */
  take(frames: readonly Uint8Array[], from: number): number;
  /** No more will come; `error` where it broke off. */
  end(error?: unknown): void;
}

/** A watch's frames: to be iterated, or poured out to a reader that waits for nothing. */
export interface FrameSource extends AsyncIterable<readonly Uint8Array[]> {
  pour(reader: FrameReader): void;
  resume(): void;
}

/**
 * The body of a watch's answer. Read as an AsyncIterable it is bytes like any other; a transport that can be told of bytes as they come uses `pour`, and a watch
 * on which nothing happens holds neither generators nor promises.
 */
export class FrameStream implements AsyncIterable<Uint8Array> {
  readonly #source: FrameSource;

  constructor(source: FrameSource) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const batch of this.#source) {
      for (let at = 0; at < batch.length; ) {
        const next = joinEnd(batch, at);
        yield join(batch, at, next);
        at = next;
      }
    }
  }

  /** Everything from now on goes to `reader`, once. */
  pour(reader: FrameReader): void {
    this.#source.pour(reader);
  }

  /** The reader can take more. */
  resume(): void {
    this.#source.resume();
  }
}

/** The index behind the last frame that goes out together with the one at `from`. */
export function joinEnd(frames: readonly Uint8Array[], from: number): number {
  let size = 0;
  let next = from;
  while (next < frames.length && size < JOIN_BYTES) size += frames[next++]!.length;
  return next;
}

/** The frames from `from` up to `end` as one piece; a single one as it is, since watches share it. */
export function join(frames: readonly Uint8Array[], from: number, end: number): Uint8Array {
  return end === from + 1 ? frames[from]! : Buffer.concat(frames.slice(from, end));
}
