/** Reads protobuf's wire format from bytes; throws RangeError on a truncated or malformed message. */
export class WireReader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Buffer, from = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** An unsigned varint as a double (exact to 2^53). */
  varint(): number {
    const first = this.#at < this.#end ? (this.#bytes[this.#at] as number) : 0x80;
    if (first < 0x80) {
      this.#at++;
      return first;
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new RangeError("protobuf: truncated varint");
      const byte = this.#bytes[this.#at++] as number;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= (bits & 0x0f) << 28;
        high |= bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return (high >>> 0) * 4294967296 + (low >>> 0);
    }
    throw new RangeError("protobuf: varint of more than 10 bytes");
  }

  /** A varint as a two's-complement 64-bit integer (int32 and int64: negative ones take ten bytes). */
  signed(): number {
    const start = this.#at;
    const value = this.varint();
    if (value < 2 ** 63) return value;
    this.#at = start;
    return Number(BigInt.asIntN(64, this.#bigVarint()));
  }

  double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  string(): string {
    const length = this.#length();
    const value = this.#bytes.toString("utf8", this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  /** A copy. */
  bytes(): Uint8Array {
    return new Uint8Array(this.view());
  }

  /** A part of what is read, which it keeps in memory. */
  view(): Buffer {
    const length = this.#length();
    const value = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  /** An unsigned varint, exact. */
  uint64(): bigint {
    const start = this.#at;
    const value = this.varint();
    if (Number.isSafeInteger(value)) return BigInt(value);
    this.#at = start;
    return this.#bigVarint();
  }

  /** A reader of the embedded message that starts here. */
  message(): WireReader {
    const length = this.#length();
    const reader = new WireReader(this.#bytes, this.#at, this.#at + length);
    this.#at += length;
    return reader;
  }

  /** Steps over a field of this wire type. */
  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#advance(8);
    else if (wireType === 2) this.#advance(this.#length());
    else if (wireType === 5) this.#advance(4);
    else throw new RangeError(`protobuf: wire type ${wireType} is not supported`);
  }

  #bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.#at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #length(): number {
    const length = this.varint();
    this.#need(length);
    return length;
  }

  #advance(count: number): void {
    this.#need(count);
    this.#at += count;
  }

  #need(count: number): void {
    if (this.#at + count > this.#end) throw new RangeError("protobuf: truncated message");
  }
}
