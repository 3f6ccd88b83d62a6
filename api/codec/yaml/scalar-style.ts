import { needsQuotes } from "./resolve.ts";

export type ScalarStyle = "plain" | "single" | "double" | "literal";

/** What a text would allow, after libyaml's analysis of scalars. */
interface Analysis {
  readonly plain: boolean;
  readonly single: boolean;
  readonly literal: boolean;
  readonly multiline: boolean;
}

/** The style in which go-yaml writes a string. A key stands on its line with the colon. */
export function scalarStyle(text: string, isKey: boolean): ScalarStyle {
  const { plain, single, literal, multiline } = analyze(text);
  if (isKey && multiline) return "double";
  if (text.includes("\n")) return literal && !isKey ? "literal" : "double";
  if (needsQuotes(text)) return "double";
  if (plain && (text !== "" || !isKey)) return "plain";
  return single ? "single" : "double";
}

/** Characters that mean something at the start of a plain scalar. */
const startIndicators = new Set("#,[]{}&*!|>'\"%@`");

function analyze(text: string): Analysis {
  if (text === "") return { plain: true, single: true, literal: false, multiline: false };
  let indicators = text.startsWith("---") || text.startsWith("...");
  let special = false;
  let breaks = false;
  let breakSpace = false;
  let spaceBreak = false;
  let previous: "space" | "break" | "other" = "other";
  const characters = [...text];
  characters.forEach((character, i) => {
    const blankAhead = i + 1 === characters.length || isBlank(characters[i + 1] as string);
    const blankBehind = i === 0 || isBlank(characters[i - 1] as string);
    if (i === 0 && startIndicators.has(character)) indicators = true;
    else if (i === 0 && (character === "?" || character === "-") && blankAhead) indicators = true;
    else if (character === ":" && blankAhead) indicators = true;
    else if (i > 0 && character === "#" && blankBehind) indicators = true;
    if (!isPrintable(character)) special = true;
    if (character === " ") {
      if (previous === "break") breakSpace = true;
      previous = "space";
    } else if (isBreak(character)) {
      breaks = true;
      if (previous === "space") spaceBreak = true;
      previous = "break";
    } else previous = "other";
  });
  const edge = (character: string) => character === " " || isBreak(character);
  const edges = edge(characters[0] as string) || edge(characters.at(-1) as string);
  const broken = spaceBreak || special;
  return {
    plain: !indicators && !edges && !breakSpace && !broken && !breaks,
    single: !breakSpace && !broken,
    literal: !broken && characters.at(-1) !== " ",
    multiline: breaks,
  };
}

export function isBreak(character: string): boolean {
  return character === "\n" || character === "\r" || character === "\u0085" || character === "\u2028" || character === "\u2029";
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || isBreak(character);
}

/** Tabs and what lies beyond the basic plane are not: they are escaped. */
export function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code === 0x0a || (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff);
}
