import { parseCidr, parseIp } from "../validation/ip.ts";
import { dns1123Label, dns1123Subdomain } from "../validation/names.ts";
import { parseOpenApiDuration } from "./open-api-duration.ts";

type Format = (text: string) => boolean;

const uuid = (version: string, variant: string): Format => {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i");
  return (text) => pattern.test(text);
};
const matching =
  (pattern: RegExp): Format =>
  (text) =>
    pattern.test(text);

/** What go-openapi's strfmt accepts for the formats that Kubernetes checks; names without dashes. Every pattern takes linear time. */
const formats: Readonly<Record<string, Format>> = {
  bsonobjectid: matching(/^[0-9a-f]{24}$/i),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  cidr: (text) => parseCidr(text) !== undefined,
  creditcard: isCreditCard,
  date: isDate,
  datetime: isDateTime,
  duration: (text) => parseOpenApiDuration(text) !== undefined,
  email: isEmail,
  hexcolor: matching(/^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i),
  hostname: isHostname,
  ipv4: (text) => text.includes(".") && parseIp(text) !== undefined && (!text.includes(":") || parseIp(text)?.mapped === true),
  ipv6: (text) => text.includes(":") && parseIp(text) !== undefined,
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: (text) => dns1123Subdomain(text).length === 0,
  k8sshortname: (text) => dns1123Label(text).length === 0,
  mac: matching(/^(?:[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}(?:(?:\1[0-9a-f]{2}){2}|(?:\1[0-9a-f]{2}){14})?)|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}(?:\.[0-9a-f]{4}(?:(?:\.[0-9a-f]{4}){6})?)?)$/i),
  password: () => true,
  rgbcolor: matching(/^rgb\(\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/),
  ssn: matching(/^\d{3}[- ]\d{2}[- ]\d{4}$/),
  uri: isRequestUri,
  uuid: uuid("[0-9a-f]", "[0-9a-f]"),
  uuid3: uuid("3", "[0-9a-f]"),
  uuid4: uuid("4", "[89ab]"),
  uuid5: uuid("5", "[89ab]"),
};

/** Formats of numbers, which the range check knows. */
const numberFormats: Readonly<Record<string, readonly string[]>> = { integer: ["int32", "int64"], number: ["float", "double"] };

/** The format as it is looked at in values of a type ("": of any): dashes do not count, formats that Kubernetes does not know there are none. */
export function knownFormat(format: string | undefined, type = "string"): string {
  if (format === undefined) return "";
  if (type !== "" && type !== "string") return Object.hasOwn(numberFormats, type) && numberFormats[type]?.includes(format) ? format : "";
  const name = format.replaceAll("-", "");
  return Object.hasOwn(formats, name) ? name : "";
}

/** The text is of that format (as `knownFormat` gives it); true for formats of numbers. */
export function matchesFormat(format: string, text: string): boolean {
  return Object.hasOwn(formats, format) ? (formats[format] as Format)(text) : true;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const days = monthDays[month - 1] ?? 0;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (month === 2 && !isLeap ? 28 : days);
}

function isDateTime(text: string): boolean {
  const at = text.toLowerCase().indexOf("t");
  if (at < 0 || !isDate(text.slice(0, at))) return false;
  const time = /^(\d{2}):(\d{2}):(\d{2})(?:.\d+)?(?:z|[+-]\d{2}:\d{2})$/i.exec(text.slice(at + 1));
  return time !== null && (time[1] ?? "") <= "23" && (time[2] ?? "") <= "59" && (time[3] ?? "") <= "59";
}

/** RFC 5322's common part: an optional name and an address in angle brackets, or the address alone. */
function isEmail(text: string): boolean {
  const angled = /^[^<>]*<([^<>]+)>$/.exec(text.trim());
  const address = angled?.[1] ?? text.trim();
  const at = address.lastIndexOf("@");
  if (at <= 0 || address.length > 320) return false;
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)];
  const isLocal = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u.test(local) || /^"(?:[^"\\]|\\.)*"$/.test(local);
  return isLocal && /^(?:[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*|\[[^[\]]*\])$/u.test(domain);
}

function isHostname(text: string): boolean {
  if (text.length === 0 || text.length > 255) return false;
  const labels = text.split(".");
  if (labels.some((label) => label.length === 0 || label.length > 63)) return false;
  if (labels.length === 1) return /^[a-zA-Z0-9\p{S}\p{L}](?:-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?$/u.test(text) || isTopLevel(text);
  return labels.slice(0, -1).every((label) => /^[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\p{S}\p{L}-]*[a-zA-Z0-9\p{S}\p{L}])?$/u.test(label)) && isTopLevel(labels.at(-1) ?? "");
}

/** What may stand behind the last dot: letters. */
function isTopLevel(label: string): boolean {
  return /^[a-zA-Z\p{L}]{2,63}$/u.test(label);
}

function isRequestUri(text: string): boolean {
  // As Go's url.ParseRequestURI: absolute, or a path that begins with a slash; no blanks or controls, escapes whole.
  if (text === "" || /[\u0000-\u001f\u007f]/.test(text) || /%(?![0-9a-f]{2})/i.test(text)) return false;
  if (text === "*") return true;
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text);
  const rest = scheme === null ? text : text.slice(scheme[0].length);
  if (scheme === null && !rest.startsWith("/")) return false;
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? "";
  if (scheme !== null && /[ <>"]/.test(authority)) return false;
  return scheme === null || !/^[^/?]* /.test(rest);
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, "");
  if (!/^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/.test(digits)) return false;
  let sum = 0;
  for (let i = digits.length - 1, twice = false; i >= 0; i--, twice = !twice) {
    const digit = Number(digits[i]) * (twice ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, "");
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (i + 1) * (digits[i] === "X" ? 10 : Number(digits[i]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 13; i++) sum += (i % 2 === 0 ? 1 : 3) * Number(digits[i]);
  return sum % 10 === 0;
}
