import { isBreak, isPrintable, scalarStyle } from "./scalar-style.ts";

/** Lines are broken at the first blank beyond this column. */
const WIDTH = 80;
const INDENT = 2;
/** A longer key cannot stand on one line with its colon. */
const MAX_SIMPLE_KEY_BYTES = 128;

/** A JSON value as YAML, as kube-apiserver and kubectl write it (go-yaml v2): keys sorted, lists at the indent of their key. */
export function emitYaml(value: unknown): string {
  const emitter = new Emitter();
  emitter.node(value, 0, "root");
  return `${emitter.text}\n`;
}

type Place = "root" | "value" | "item";

class Emitter {
  text = "";
  #column = 0;

  #put(text: string): void {
    this.text += text;
    this.#column += [...text].length;
  }

  #newline(indent: number): void {
    this.text += `\n${" ".repeat(indent)}`;
    this.#column = indent;
  }

  /** `indent`: of the collection that this node would be. */
  node(value: unknown, indent: number, place: Place): void {
    if (Array.isArray(value)) return this.#list(value, indent, place);
    if (value !== null && typeof value === "object") return this.#map(value as Record<string, unknown>, indent, place);
    if (place === "value") this.#put(" ");
    this.#scalar(value, place === "root" ? INDENT : indent, false);
  }

  #list(items: readonly unknown[], indent: number, place: Place): void {
    if (items.length === 0) return this.#put(place === "value" ? " []" : "[]");
    // A list that is a map's value stands at the indent of the map's keys.
    const own = place === "value" ? indent - INDENT : indent;
    items.forEach((item, i) => {
      if (i > 0 || place === "value") this.#newline(own);
      this.#put("- ");
      this.node(item, own + INDENT, "item");
    });
  }

  #map(map: Record<string, unknown>, indent: number, place: Place): void {
    const keys = Object.keys(map)
      .filter((key) => map[key] !== undefined)
      .sort(compareKeys);
    if (keys.length === 0) return this.#put(place === "value" ? " {}" : "{}");
    keys.forEach((key, i) => {
      if (i > 0 || place === "value") this.#newline(indent);
      const simple = Buffer.byteLength(key) <= MAX_SIMPLE_KEY_BYTES && !key.includes("\n");
      if (!simple) this.#put("? ");
      this.#scalar(key, indent + INDENT, simple);
      if (!simple) this.#newline(indent);
      this.#put(":");
      this.node(map[key], indent + INDENT, "value");
    });
  }

  #scalar(value: unknown, indent: number, isKey: boolean): void {
    if (typeof value !== "string") return this.#put(typeof value === "number" ? formatNumber(value) : String(value));
    switch (scalarStyle(value, isKey)) {
      case "plain":
        return this.#folded(value, indent, !isKey, 0);
      case "single":
        this.#put("'");
        this.#folded(value.replaceAll("'", "''"), indent, !isKey, 1);
        return this.#put("'");
      case "double":
        return this.#double(value, indent, !isKey);
      case "literal":
        return this.#literal(value, indent);
    }
  }

  /** Text that breaks its line at a lone blank beyond the width; `inset`: not at the first and last so many characters. */
  #folded(text: string, indent: number, mayBreak: boolean, inset: number): void {
    const characters = [...text];
    characters.forEach((character, i) => {
      const inside = i >= inset && i < characters.length - inset;
      const lone = characters[i - 1] !== " " && characters[i + 1] !== " ";
      if (character === " " && mayBreak && inside && lone && this.#column > WIDTH) this.#newline(indent);
      else this.#put(character);
    });
  }

  #double(text: string, indent: number, mayBreak: boolean): void {
    this.#put('"');
    const characters = [...text];
    let spaces = false;
    for (const [i, character] of characters.entries()) {
      if (character !== " ") {
        spaces = false;
        this.#put(escaped(character));
        continue;
      }
      if (mayBreak && !spaces && this.#column > WIDTH && i > 0 && i < characters.length - 1) {
        this.#newline(indent);
        if (characters[i + 1] === " ") this.#put("\\");
      } else this.#put(" ");
      spaces = true;
    }
    this.#put('"');
  }

  #literal(text: string, indent: number): void {
    const hint = text.startsWith(" ") || text.startsWith("\n") ? String(INDENT) : "";
    const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
    this.#put(`|${hint}${chomp}`);
    const lines = text.split("\n");
    if (text.endsWith("\n")) lines.pop();
    for (const line of lines) {
      this.text += "\n";
      this.#column = 0;
      if (line !== "") this.#put(" ".repeat(indent) + line);
    }
  }
}

const named: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\u0007": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\u000b": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\u001b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\u0085": "\\N",
  "\u00a0": "\\_",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

function escaped(character: string): string {
  const isPlain = isPrintable(character) && !isBreak(character) && character !== '"' && character !== "\\";
  if (isPlain) return character;
  const short = named[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Integers plainly, other numbers as Go's %g with the fewest digits. */
function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return String(value);
}

/** go-yaml's order of keys: digits by their number, letters after everything else. */
export function compareKeys(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  let digits = false;
  for (let i = 0; i < x.length && i < y.length; i++) {
    const [p, q] = [x[i] as string, y[i] as string];
    if (p === q) {
      digits = isDigit(p);
      continue;
    }
    const [pl, ql] = [/\p{L}/u.test(p), /\p{L}/u.test(q)];
    if (pl && ql) return (p.codePointAt(0) ?? 0) - (q.codePointAt(0) ?? 0);
    if (pl || ql) return pl === digits ? -1 : 1;
    return compareNumbers(x, y, i) || (p.codePointAt(0) ?? 0) - (q.codePointAt(0) ?? 0);
  }
  return x.length - y.length;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

function compareNumbers(x: readonly string[], y: readonly string[], at: number): number {
  let lead = "";
  if (x[at] === "0" || y[at] === "0") for (let j = at - 1; j >= 0 && isDigit(x[j]); j--) if (x[j] !== "0") lead = "1";
  const [a, b] = [digitRun(x, at), digitRun(y, at)];
  const [an, bn] = [BigInt(`${lead}${a}` || "0"), BigInt(`${lead}${b}` || "0")];
  if (an !== bn) return an < bn ? -1 : 1;
  return a.length - b.length;
}

function digitRun(text: readonly string[], at: number): string {
  let end = at;
  while (isDigit(text[end])) end++;
  return text.slice(at, end).join("");
}
