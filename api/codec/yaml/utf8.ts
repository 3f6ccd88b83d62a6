import { isUtf8 } from "node:buffer";
import { YamlSyntaxError } from "./tokens.ts";

/** The text of a YAML document's bytes, which must be UTF-8. @throws YamlSyntaxError with go-yaml's wording of what is wrong first */
export function yamlText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString("utf8");
  let at = 0;
  while (at < buffer.length) at += checkedWidth(buffer, at);
  return buffer.toString("utf8");
}

/** The smallest character that needs so many bytes. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

function checkedWidth(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const width = widthOf(first);
  if (width === 0) throw new YamlSyntaxError("invalid leading UTF-8 octet");
  if (at + width > bytes.length) throw new YamlSyntaxError("incomplete UTF-8 octet sequence");
  let value = width === 1 ? first : first & (0x7f >> width);
  for (const octet of bytes.subarray(at + 1, at + width)) {
    if ((octet & 0xc0) !== 0x80) throw new YamlSyntaxError("invalid trailing UTF-8 octet");
    value = (value << 6) + (octet & 0x3f);
  }
  if (value < (SMALLEST[width] as number)) throw new YamlSyntaxError("invalid length of a UTF-8 sequence");
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) throw new YamlSyntaxError("invalid Unicode character");
  return width;
}

/** How many bytes a character has that begins so; 0: none begins so. */
function widthOf(first: number): number {
  if (first < 0x80) return 1;
  if ((first & 0xe0) === 0xc0) return 2;
  if ((first & 0xf0) === 0xe0) return 3;
  return (first & 0xf8) === 0xf0 ? 4 : 0;
}
