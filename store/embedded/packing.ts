/**
 * A growing buffer of little-endian fields. Writer and reader must agree on the order: nothing in the bytes tells one field from another.
 */
export class PackWriter {
  #buffer: Buffer;
  #offset = 0;

  constructor(initial_bytes = 16_384) {
    this.#buffer = Buffer.from(new ArrayBuffer(initial_bytes));
  }

  get length(): number {
    return this.#offset;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#offset++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#offset = this.#buffer.writeUInt32LE(value, this.#offset);
  }

  /** Any number that a double holds exactly. */
  f64(value: number): void {
    this.#reserve(8);
    this.#offset = this.#buffer.writeDoubleLE(value, this.#offset);
  }

  text(value: string): void {
    this.#reserve(4 + value.length * 3);
    const written = this.#buffer.write(value, this.#offset + 4, "utf8");
    this.#buffer.writeUInt32LE(written, this.#offset);
    this.#offset += 4 + written;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(4 + value.byteLength);
    this.#buffer.writeUInt32LE(value.byteLength, this.#offset);
    this.#buffer.set(value, this.#offset + 4);
    this.#offset += 4 + value.byteLength;
  }

  /** The bytes written. The writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer.buffer as ArrayBuffer, 0, this.#offset);
  }

  #reserve(bytes: number): void {
    const needed = this.#offset + bytes;
    if (needed <= this.#buffer.byteLength) return;
    const larger = Buffer.from(new ArrayBuffer(Math.max(needed, this.#buffer.byteLength * 2)));
    larger.set(this.#buffer.subarray(0, this.#offset));
    this.#buffer = larger;
  }
}

/** Reads what a PackWriter wrote. */
export class PackReader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#offset >= this.#buffer.byteLength;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#offset++);
  }

  u32(): number {
    const value = this.#buffer.readUInt32LE(this.#offset);
    this.#offset += 4;
    return value;
  }

  f64(): number {
    const value = this.#buffer.readDoubleLE(this.#offset);
    this.#offset += 8;
    return value;
  }

  text(): string {
    const length = this.u32();
    const value = this.#buffer.toString("utf8", this.#offset, this.#offset + length);
    this.#offset += length;
    return value;
  }

  /** A view, valid as long as the buffer read from is. */
  bytes(): Uint8Array {
    const length = this.u32();
    const value = this.#buffer.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return value;
  }
}
