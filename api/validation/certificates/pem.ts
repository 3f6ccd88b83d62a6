/** One block of PEM text (RFC 7468, RFC 1421 headers). */
export interface PemBlock {
  readonly type: string;
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const BEGIN = "-----BEGIN ";
const DASHES = "-----";
/** A line `Key: value` before the base64. */
const HEADER = /^[^:\n]+:/;

/** The blocks of the text, as Go finds them: what is no block is passed over. Bounded by the text's length: each block is read once. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let from = 0;
  for (;;) {
    const begin = lineStart(text, BEGIN, from);
    if (begin < 0) return blocks;
    const typeEnd = text.indexOf(DASHES, begin + BEGIN.length);
    const lineEnd = text.indexOf("\n", begin);
    from = begin + BEGIN.length;
    if (typeEnd < 0 || lineEnd < 0 || typeEnd > lineEnd) continue;
    const type = text.slice(begin + BEGIN.length, typeEnd);
    const ending = `-----END ${type}-----`;
    const end = lineStart(text, ending, lineEnd);
    if (end < 0) continue;
    const block = parseBody(type, text.slice(lineEnd + 1, end));
    if (block === undefined) continue;
    blocks.push(block);
    from = end + ending.length;
  }
}

/** Where `marker` stands at the start of a line, -1 where it does not. */
function lineStart(text: string, marker: string, from: number): number {
  if (from === 0 && text.startsWith(marker)) return 0;
  const at = text.indexOf(`\n${marker}`, Math.max(0, from - 1));
  return at < 0 ? -1 : at + 1;
}

function parseBody(type: string, body: string): PemBlock | undefined {
  const lines = body.split("\n");
  let first = 0;
  while (first < lines.length && HEADER.test(lines[first] ?? "")) first++;
  const digits = lines.slice(first).join("").replace(/[ \t\r]/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits) || digits.length % 4 !== 0) return undefined;
  return { type, hasHeaders: first > 0, bytes: Buffer.from(digits, "base64") };
}
