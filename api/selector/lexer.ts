/** Tokens of the text form of a label selector. */
export type Token = "identifier" | "end" | "error" | "in" | "notin" | "=" | "==" | "!=" | ">" | "<" | "(" | ")" | "," | "!";

export interface Scanned {
  readonly token: Token;
  readonly literal: string;
}

const symbols: ReadonlySet<string> = new Set(["=", "==", "!=", ">", "<", "(", ")", ",", "!"]);

function isWhitespace(character: string): boolean {
  return character === " " || character === "\t" || character === "\r" || character === "\n";
}

function isSpecial(character: string): boolean {
  return character === "=" || character === "!" || character === "(" || character === ")" || character === "," || character === ">" || character === "<";
}

/** Splits the text; the last item is `end` or `error`. */
export function scan(text: string): Scanned[] {
  const items: Scanned[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && isWhitespace(text.charAt(position))) position++;
    if (position >= text.length) break;
    const start = position;
    if (isSpecial(text.charAt(position))) {
      const item = scanSymbol(text, position);
      items.push(item);
      if (item.token === "error") return items;
      position += item.literal.length;
    } else {
      while (position < text.length && !isWhitespace(text.charAt(position)) && !isSpecial(text.charAt(position))) position++;
      const literal = text.slice(start, position);
      items.push({ token: literal === "in" || literal === "notin" ? literal : "identifier", literal });
    }
  }
  items.push({ token: "end", literal: "" });
  return items;
}

/** The longest symbol that begins here: every prefix of a symbol is a symbol, so the first that is none ends it. */
function scanSymbol(text: string, start: number): Scanned {
  let end = start;
  while (end < text.length && isSpecial(text.charAt(end)) && symbols.has(text.slice(start, end + 1))) end++;
  const literal = text.slice(start, end);
  return end === start ? { token: "error", literal: `error expected: keyword found '${text.slice(start)}'` } : { token: literal as Token, literal };
}
