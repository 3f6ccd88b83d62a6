/** Long answers go out in pieces of this size, each when the one before is taken. */
export const CHUNK_BYTES = 64 << 10;

/**
 * A long answer in pieces. Read as an AsyncIterable each piece has memory of its own; a transport that is done with a piece before
 * it asks for the next uses `reusing`, and the whole answer passes through one buffer.
 */
export class ChunkStream implements AsyncIterable<Uint8Array> {
  readonly #first: Uint8Array;
  readonly #rest: (buffer: () => Buffer) => Iterable<Uint8Array>;

  constructor(first: Uint8Array, rest: (buffer: () => Buffer) => Iterable<Uint8Array>) {
    this.#first = first;
    this.#rest = rest;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    yield this.#first;
    yield* this.#rest(() => Buffer.allocUnsafe(CHUNK_BYTES));
  }

  /** Pieces that are good only until the next one is asked for. */
  *reusing(): Generator<Uint8Array> {
    yield this.#first;
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    yield* this.#rest(() => buffer);
  }
}
