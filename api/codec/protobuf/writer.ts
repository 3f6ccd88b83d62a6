/**
 * Protobuf wire format, written from the end to the front: a message's length is known when its prefix is written.
 * Callers write the last field first.
 */
export class Writer {
  #buffer: Buffer;
  #at: number;

  constructor(size = 1024) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.#at = size;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** What was written; later writes do not change it. */
  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at >= bytes) return;
    const used = this.length;
    const size = Math.max(this.#buffer.length * 2, used + bytes);
    const grown = Buffer.allocUnsafe(size);
    this.#buffer.copy(grown, size - used, this.#at);
    this.#buffer = grown;
    this.#at = size - used;
  }

  /** Field number and wire type. */
  tag(number: number, wireType: 0 | 1 | 2): void {
    this.varint(number * 8 + wireType);
  }

  /** An unsigned integer, or a negative one in ten bytes. */
  varint(value: number | bigint): void {
    if (typeof value === "bigint" || value < 0) return this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
    if (value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    this.#reserve(size);
    let at = (this.#at -= size);
    for (let rest = value; ; rest = Math.floor(rest / 0x80)) {
      this.#buffer[at++] = rest < 0x80 ? rest : (rest % 0x80) | 0x80;
      if (rest < 0x80) return;
    }
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = [];
    for (let rest = value; ; rest >>= 7n) {
      bytes.push(rest < 0x80n ? Number(rest) : Number(rest & 0x7fn) | 0x80);
      if (rest < 0x80n) break;
    }
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** Text with its length before it. */
  string(text: string): void {
    const size = Buffer.byteLength(text);
    this.#reserve(size);
    this.#at -= size;
    this.#buffer.write(text, this.#at);
    this.varint(size);
  }

  /** Bytes with their length before them. */
  bytes(bytes: Uint8Array): void {
    this.raw(bytes);
    this.varint(bytes.length);
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  /** The length of everything written since `before` (an earlier `length`). */
  lengthSince(before: number): void {
    this.varint(this.length - before);
  }
}
