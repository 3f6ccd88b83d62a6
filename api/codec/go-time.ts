/** What Go's time.Parse says of a text it cannot read. */
export class GoTimeError extends Error {
  override readonly name = "GoTimeError";
}

const RFC3339 = "2006-01-02T15:04:05Z07:00";
const RFC3339_MICRO = "2006-01-02T15:04:05.000000Z07:00";
const ZERO_SECOND = "0001-01-01T00:00:00";

/** metav1.Time's text → canonical: UTC, fractions cut; null for the zero time. @throws GoTimeError */
export function parseTime(text: string): string | null {
  const { seconds } = new TimeParser(RFC3339, text).parse(0);
  return seconds === ZERO_SECOND ? null : `${seconds}Z`;
}

/** metav1.MicroTime's text (six digits of fraction, no more and no less) → canonical: UTC; null for the zero time. @throws GoTimeError */
export function parseMicroTime(text: string): string | null {
  const { seconds, fraction } = new TimeParser(RFC3339_MICRO, text).parse(6);
  return seconds === ZERO_SECOND && fraction === "000000" ? null : `${seconds}.${fraction}Z`;
}

/** Whether the text is a metav1.Time just as Kubernetes writes it (and not the zero time): the cheap test before parseTime. */
export function isCanonicalTime(text: string): boolean {
  return text.length === 20 && text.charCodeAt(19) === UPPER_Z && isSecond(text);
}

/** The same for MicroTime. */
export function isCanonicalMicroTime(text: string): boolean {
  return text.length === 27 && text.charCodeAt(26) === UPPER_Z && text.charCodeAt(19) === DOT && digitsAt(text, 20, 6) >= 0 && isSecond(text);
}

const UPPER_Z = 0x5a;
const UPPER_T = 0x54;
const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;

function isSecond(text: string): boolean {
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  const second = digitsAt(text, 17, 2);
  return (
    year > 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year) && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
    text.charCodeAt(4) === DASH && text.charCodeAt(7) === DASH && text.charCodeAt(10) === UPPER_T && text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON
  );
}

/** The number of `count` digits at a place, -1 where something else stands there. */
function digitsAt(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Reads a text by a layout, element by element, as time.Parse does, so that the complaint is the same. */
class TimeParser {
  readonly #layout: string;
  readonly #text: string;
  #rest: string;

  constructor(layout: string, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#rest = text;
  }

  /** `fractionDigits` 0: any fraction is allowed and cut. */
  parse(fractionDigits: number): { seconds: string; fraction: string } {
    if (digitsAt(this.#rest, 0, 4) < 0) throw this.#bad("2006");
    const year = Number(this.#take(4));
    this.#literal("-");
    const month = this.#number("01", true);
    if (month < 1 || month > 12) throw this.#range("month");
    this.#literal("-");
    const day = this.#number("02", true);
    this.#literal("T");
    const hour = this.#number("15", false);
    if (hour >= 24) throw this.#range("hour");
    this.#literal(":");
    const minute = this.#number("04", true);
    if (minute >= 60) throw this.#range("minute");
    this.#literal(":");
    const second = this.#number("05", true);
    if (second >= 60) throw this.#range("second");
    const fraction = fractionDigits === 0 ? this.#anyFraction() : this.#fraction(fractionDigits);
    const offset_minutes = this.#zone();
    if (this.#rest !== "") throw this.#fail(`: extra text: ${quote(this.#rest)}`);
    if (day < 1 || day > daysIn(month, year)) throw this.#fail(": day out of range");
    return { seconds: this.#inUtc([year, month, day, hour, minute, second], offset_minutes), fraction };
  }

  #inUtc([year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0]: number[], offset_minutes: number): string {
    // Date.UTC takes years below 100 for 19xx, so a whole cycle of 400 years is added and taken off again.
    const text = new Date(Date.UTC(year + 400, month - 1, day, hour, minute - offset_minutes, second)).toISOString();
    const utcYear = Number(text.slice(0, text.indexOf("-", 1))) - 400;
    if (utcYear < 0 || utcYear > 9999) throw new GoTimeError("Time.MarshalJSON: year outside of range [0,9999]");
    return String(utcYear).padStart(4, "0") + text.slice(text.indexOf("-", 1), -5);
  }

  #take(count: number): string {
    const taken = this.#rest.slice(0, count);
    this.#rest = this.#rest.slice(count);
    return taken;
  }

  #literal(text: string): void {
    if (!this.#rest.startsWith(text)) throw this.#bad(text);
    this.#take(text.length);
  }

  #number(element: string, fixed: boolean): number {
    if (digitsAt(this.#rest, 0, 2) >= 0) return Number(this.#take(2));
    if (fixed || digitsAt(this.#rest, 0, 1) < 0) throw this.#bad(element);
    return Number(this.#take(1));
  }

  #anyFraction(): string {
    const first = this.#rest.charCodeAt(0);
    if ((first !== DOT && first !== COMMA) || digitsAt(this.#rest, 1, 1) < 0) return "";
    let count = 1;
    while (digitsAt(this.#rest, count, 1) >= 0) count++;
    return this.#take(count).slice(1);
  }

  #fraction(digits: number): string {
    const first = this.#rest.charCodeAt(0);
    if ((first !== DOT && first !== COMMA) || digitsAt(this.#rest, 1, digits) < 0) throw this.#bad(`.${"0".repeat(digits)}`);
    return this.#take(1 + digits).slice(1);
  }

  #zone(): number {
    if (this.#rest.startsWith("Z")) {
      this.#take(1);
      return 0;
    }
    const sign = this.#rest.charAt(0);
    const hours = digitsAt(this.#rest, 1, 2);
    const minutes = digitsAt(this.#rest, 4, 2);
    if (this.#rest.length < 6 || this.#rest.charAt(3) !== ":" || hours < 0 || minutes < 0 || (sign !== "+" && sign !== "-")) throw this.#bad("Z07:00");
    if (hours > 24) throw this.#range("time zone offset hour");
    if (minutes > 60) throw this.#range("time zone offset minute");
    this.#take(6);
    return (sign === "-" ? -1 : 1) * (hours * 60 + minutes);
  }

  #bad(element: string): GoTimeError {
    return new GoTimeError(`parsing time ${quote(this.#text)} as ${quote(this.#layout)}: cannot parse ${quote(this.#rest)} as ${quote(element)}`);
  }

  #range(what: string): GoTimeError {
    return this.#fail(`: ${what} out of range`);
  }

  #fail(message: string): GoTimeError {
    return new GoTimeError(`parsing time ${quote(this.#text)}${message}`);
  }
}

/** As the time package quotes: every byte that is not printable ASCII as \xNN. */
function quote(text: string): string {
  let quoted = '"';
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x7f) quoted += `\\x${byte.toString(16).padStart(2, "0")}`;
    else quoted += character === '"' || character === "\\" ? `\\${character}` : character;
  }
  return `${quoted}"`;
}
