import { DecodeError } from "../decode-error.ts";

/** Reads protobuf's wire format within bounds. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  tag(): { number: number; wireType: number } {
    const tag = this.#unsigned();
    const number = Number(tag >> 3n);
    const wireType = Number(tag & 7n);
    if (number <= 0 || number > 0x1fffffff) throw new DecodeError(`proto: illegal tag ${number} (wire type ${wireType})`);
    return { number, wireType };
  }

  /** A varint as int64: number, bigint beyond 2^53. */
  int64(): number | bigint {
    const small = this.#small();
    if (small !== undefined) return small;
    const value = BigInt.asIntN(64, this.#unsigned());
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** A varint cut to int32, as Go does. */
  int32(): number {
    const small = this.#small();
    return small === undefined ? Number(BigInt.asIntN(32, this.#unsigned())) : small;
  }

  /** A varint of one byte, undefined for longer ones. */
  #small(): number | undefined {
    const byte = this.#at < this.#end ? (this.#bytes[this.#at] as number) : 0x80;
    if (byte >= 0x80) return undefined;
    this.#at++;
    return byte;
  }

  #unsigned(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift >= 64n) throw new DecodeError("proto: integer overflow");
      if (this.#at >= this.#end) throw new DecodeError("unexpected EOF");
      const byte = this.#bytes[this.#at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  }

  double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A length and as many bytes, as a reader over them. */
  message(): Reader {
    const [start, end] = this.#span();
    return new Reader(this.#bytes, start, end);
  }

  string(): string {
    const [start, end] = this.#span();
    return this.#bytes.toString("utf8", start, end);
  }

  base64(): string {
    const [start, end] = this.#span();
    return this.#bytes.toString("base64", start, end);
  }

  /** A length and as many bytes: a view on the input. */
  bytes(): Buffer {
    const [start, end] = this.#span();
    return this.#bytes.subarray(start, end);
  }

  #span(): [number, number] {
    const length = Number(this.#unsigned());
    if (length > this.#end - this.#at) throw new DecodeError("unexpected EOF");
    const start = this.#at;
    this.#at += length;
    return [start, this.#at];
  }

  /** Passes over a field that nobody knows. */
  skip(wireType: number): void {
    if (wireType === 0) this.#unsigned();
    else if (wireType === 1) this.#pass(8);
    else if (wireType === 2) this.#span();
    else if (wireType === 5) this.#pass(4);
    else throw new DecodeError(`proto: illegal wireType ${wireType}`);
  }

  #pass(count: number): void {
    this.#need(count);
    this.#at += count;
  }

  #need(count: number): void {
    if (this.#end - this.#at < count) throw new DecodeError("unexpected EOF");
  }
}
