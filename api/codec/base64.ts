/** Where base64 text goes wrong, as Go says it. */
export class Base64Error extends Error {
  override readonly name = "Base64Error";
  constructor(at: number) {
    super(`illegal base64 data at input byte ${at}`);
  }
}

/** Whether the text is standard base64 just as an encoder writes it. */
export function isCanonicalBase64(text: string): boolean {
  return text.length % 4 === 0 && Buffer.from(text, "base64").toString("base64") === text;
}

/** Base64 text → the same bytes in canonical base64: newlines dropped, spare bits zero. @throws Base64Error */
export function canonicalBase64(text: string): string {
  if (isCanonicalBase64(text)) return text;
  const at = firstFault(Buffer.from(text, "utf8"));
  if (at >= 0) throw new Base64Error(at);
  return Buffer.from(text.replace(/[\r\n]/g, ""), "base64").toString("base64");
}

const PAD = 0x3d;

function isNewline(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

function isDigit(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2f;
}

/** The byte at which Go's decoder stops, -1 when the text is right. */
function firstFault(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    let digits = 0;
    while (digits < 4) {
      if (at === bytes.length) return digits === 0 ? -1 : at - digits;
      const byte = bytes[at++] as number;
      if (isDigit(byte)) digits++;
      else if (!isNewline(byte)) return byte === PAD ? paddingFault(bytes, at, digits) : at - 1;
    }
  }
  return -1;
}

/** After the first `=` (`at` is behind it) that follows `digits` digits of a quantum. */
function paddingFault(bytes: Uint8Array, at: number, digits: number): number {
  if (digits < 2) return at - 1;
  if (digits === 2) {
    while (isNewline(bytes[at])) at++;
    if (at === bytes.length) return bytes.length;
    if (bytes[at] !== PAD) return at - 1;
    at++;
  }
  while (isNewline(bytes[at])) at++;
  return at < bytes.length ? at : -1;
}
