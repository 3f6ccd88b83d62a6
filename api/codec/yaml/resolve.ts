import { YamlSyntaxError } from "./tokens.ts";

/** What a plain YAML scalar means to Kubernetes: YAML 1.1 as go-yaml reads it (no base 60, timestamps stay text). */
const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const timestamp = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})?)?$/;
/** Longest text that can be a number worth looking at. */
const MAX_NUMBER_LENGTH = 400;

/** null, boolean, number, bigint (an integer beyond 2^53), or the text itself. */
export function resolvePlain(text: string): unknown {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const isNumeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (!isNumeric || text.length > MAX_NUMBER_LENGTH) return text;
  if (first === 0x2e) return float.test(text) ? Number(text) : text;
  if (timestamp.test(text)) return text;
  const plain = text.replaceAll("_", "");
  const integer = parseInteger(plain);
  if (integer !== undefined) return integer;
  return float.test(plain) ? Number(plain) : text;
}

/** Whether the text, written plainly, would be read as something else than this text. */
export function needsQuotes(text: string): boolean {
  return typeof resolvePlain(text) !== "string" || timestamp.test(text) || base60.test(text);
}

/** Not read as numbers here, but by others: quoted on the way out. */
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Decimal, 0x, 0b, 0o and (with a leading zero) octal, within int64 or uint64. */
function parseInteger(text: string): number | bigint | undefined {
  const match = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", digits = ""] = match;
  if (/^0[0-9]+$/.test(digits) && /[89]/.test(digits)) return undefined;
  const magnitude = BigInt(/^0[0-9]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = sign === "-" ? -magnitude : magnitude;
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A scalar with a tag of YAML's own (`str`, `int`, …). @throws YamlSyntaxError when the text is no such thing */
export function resolveTagged(text: string, tag: string): unknown {
  if (tag === "str") return text;
  if (tag === "binary") return Buffer.from(text.replace(/\s/g, ""), "base64").toString("utf8");
  const value = resolvePlain(text);
  const type = shortTag(value, text);
  if (tag === type) return value;
  if (tag === "float" && type === "int") return value;
  if (!["int", "float", "bool", "null", "timestamp"].includes(tag)) return text;
  throw new YamlSyntaxError(`cannot decode !!${type} \`${text}\` as a !!${tag}`);
}

function shortTag(value: unknown, text: string): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return Number.isInteger(value) && !/[.eE]/.test(text) ? "int" : "float";
  return timestamp.test(text) ? "timestamp" : "str";
}
