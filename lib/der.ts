/** DER (X.690) as far as certificates need it: what is written for one, and the walk through one that is there. Pure. */

const UNIVERSAL = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, null: 0x05, oid: 0x06, utf8String: 0x0c, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 };

/** Tag, length and contents; a context tag is 0x80 + number, 0xa0 + number when what is in it has a tag itself. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, one) => sum + one.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...contents]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(UNIVERSAL.sequence, ...parts);
}

/** A SET of one member. */
export function setOf(part: Uint8Array): Buffer {
  return element(UNIVERSAL.set, part);
}

/** A number that is not negative, big-endian. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.alloc(1) : Buffer.from(bytes.subarray(first));
  return element(UNIVERSAL.integer, ...((digits[0] ?? 0) > 0x7f ? [Buffer.alloc(1)] : []), digits);
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return element(UNIVERSAL.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return bytes;
}

export function octetString(...contents: readonly Uint8Array[]): Buffer {
  return element(UNIVERSAL.octetString, ...contents);
}

/** `unused` bits of the last byte do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(UNIVERSAL.bitString, Buffer.from([unused]), bytes);
}

export function utf8String(text: string): Buffer {
  return element(UNIVERSAL.utf8String, Buffer.from(text));
}

export function booleanTrue(): Buffer {
  return element(UNIVERSAL.boolean, Buffer.from([0xff]));
}

export function nullValue(): Buffer {
  return element(UNIVERSAL.null);
}

/** UTCTime before 2050, else GeneralizedTime (RFC 5280, 4.1.2.5); to the second. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+Z$/, "Z").replace(/[-:T]/g, "");
  return date.getUTCFullYear() < 2050 ? element(UNIVERSAL.utcTime, Buffer.from(digits.slice(2))) : element(UNIVERSAL.generalizedTime, Buffer.from(digits));
}

/** An element found in DER. */
export interface Found {
  readonly tag: number;
  /** With tag and length. */
  readonly bytes: Buffer;
  readonly contents: Buffer;
}

/** The elements that lie one after another in `der`. @throws RangeError where they do not fit in it */
export function elementsOf(der: Buffer): Found[] {
  const found: Found[] = [];
  for (let start = 0; start < der.length; ) {
    let first = start + 2;
    let length = der.readUInt8(start + 1);
    if (length > 0x80) {
      const bytes = length & 0x7f;
      length = der.readUIntBE(first, bytes);
      first += bytes;
    }
    const end = first + length;
    if (end > der.length) throw new RangeError(`DER: an element of ${length} bytes at ${start} does not fit in ${der.length}`);
    found.push({ tag: der.readUInt8(start), bytes: der.subarray(start, end), contents: der.subarray(first, end) });
    start = end;
  }
  return found;
}
