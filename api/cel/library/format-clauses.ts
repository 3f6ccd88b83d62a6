/** The template of `format` cannot be read; message is cel-go's. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Text that is written as it stands, or a clause that takes an argument. */
export type FormatPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "argument"; readonly letter: string; readonly precision: number | undefined };

const LETTERS = "sdfeboxX";

/** The parts of a template, one after the other. @throws FormatError at a clause that is none */
export function* clausesOf(template: string): Generator<FormatPart> {
  for (let at = 0; at < template.length; ) {
    const percent = template.indexOf("%", at);
    if (percent < 0) {
      yield { type: "text", text: template.slice(at) };
      return;
    }
    if (percent > at) yield { type: "text", text: template.slice(at, percent) };
    const clause = /^%(?:(%)|(?:\.([0-9]*))?(.))?/su.exec(template.slice(percent, percent + 32)) as RegExpExecArray;
    at = percent + clause[0].length;
    const [, isPercent, digits, letter] = clause;
    if (isPercent !== undefined) {
      yield { type: "text", text: "%" };
      continue;
    }
    if (letter === undefined) throw new FormatError("unexpected end of string");
    if (digits === "") throw new FormatError('could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax');
    if (!LETTERS.includes(letter)) throw new FormatError(`could not parse formatting clause: unrecognized formatting clause "${letter}"`);
    yield { type: "argument", letter, precision: digits === undefined ? undefined : Number(digits) };
  }
}

const faults: Readonly<Record<string, string>> = {
  s: "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  d: "decimal clause can only be used on integers",
  f: "fixed-point clause can only be used on doubles",
  e: "scientific clause can only be used on doubles",
  b: "only integers and bools can be formatted as binary",
  o: "octal clause can only be used on integers",
  x: "only integers, byte buffers, and strings can be formatted as hex",
  X: "only integers, byte buffers, and strings can be formatted as hex",
};

/** Why a value of that type does not fit the clause. */
export function formatFault(letter: string, type: string): string {
  return `${faults[letter]}, was given ${type}`;
}
