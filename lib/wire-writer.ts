/** Writes protobuf's wire format into a buffer that grows. */
export class WireWriter {
  #bytes: Buffer;
  #length = 0;

  /** `size_bytes`: how much is expected. */
  constructor(size_bytes = 256) {
    this.#bytes = Buffer.allocUnsafe(size_bytes);
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** A 64-bit integer as a varint; a negative one as two's complement (ten bytes). */
  varint(value: number): void {
    this.#room(10);
    if (value < 0) return this.#bigVarint(BigInt.asUintN(64, BigInt(Math.trunc(value))));
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  string(value: string): void {
    const length = Buffer.byteLength(value);
    this.varint(length);
    this.#room(length);
    this.#length += this.#bytes.write(value, this.#length, length, "utf8");
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #bigVarint(value: bigint): void {
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
