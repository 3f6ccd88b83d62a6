/**
 * The string formats of Kubernetes' names. Each function returns what is wrong with the value, in Kubernetes' words; the shared
 * empty list means nothing. All of them walk the value once: no regular expression ever runs on a client's text.
 */
export type Messages = readonly string[];

/** Checks a name; `prefix` is true for generateName, whose trailing dash is not its end. */
export type NameRule = (name: string, prefix: boolean) => Messages;

const OK: Messages = Object.freeze([]);

/** `MSG (e.g. 'a',  or 'b', regex used for validation is 'FMT')`: as Kubernetes words a format, its double blank included. */
function formatText(message: string, format: string, ...examples: string[]): string {
  return `${message} (e.g. ${examples.map((example) => `'${example}'`).join(",  or ")}, regex used for validation is '${format}')`;
}

const LABEL_FORMAT = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_FORMAT = `${LABEL_FORMAT}(\\.${LABEL_FORMAT})*`;
const LABEL_1035_FORMAT = "[a-z]([-a-z0-9]*[a-z0-9])?";
const IDENTIFIER_FORMAT = "[A-Za-z_][A-Za-z0-9_]*";
const UNDERSCORE_LABEL_FORMAT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const QUALIFIED_FORMAT = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

const LABEL_TEXT = formatText(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL_FORMAT,
  "my-name",
  "123-abc",
);
const LABEL_1035_TEXT = formatText(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  LABEL_1035_FORMAT,
  "my-name",
  "abc-123",
);
const IDENTIFIER_TEXT = formatText("a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'", IDENTIFIER_FORMAT, "my_name", "MY_NAME", "MyName");
const SUBDOMAIN_TEXT = formatText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN_FORMAT,
  "example.com",
);
const UNDERSCORE_SUBDOMAIN_TEXT = formatText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  `_?${UNDERSCORE_LABEL_FORMAT}(\\._?${UNDERSCORE_LABEL_FORMAT})*`,
  "example.com",
);
const WILDCARD_TEXT = formatText(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  `\\*\\.${SUBDOMAIN_FORMAT}`,
  "*.example.com",
);
const NAME_PART_TEXT = formatText(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  QUALIFIED_FORMAT,
  "MyName",
  "my.name",
  "123-abc",
);
const LABEL_KEY_TEXT = `a valid label key ${NAME_PART_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
const LABEL_VALUE_TEXT = formatText(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  `(${QUALIFIED_FORMAT})?`,
  "MyValue",
  "my_value",
  "12345",
);
const CONFIG_KEY_TEXT = formatText("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name");
const HTTP_HEADER_TEXT = formatText("a valid HTTP header must consist of alphanumeric characters or '-'", "[-A-Za-z0-9]+", "X-Header-Name");
const ENV_NAME_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";
const PERCENT_TEXT = formatText("a valid percent string must be a numeric string followed by an ending '%'", "[0-9]+%", "1%", "93%");

/** `must be between LOW and HIGH, inclusive`. */
export function rangeText(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

function charactersText(maximum: number): string {
  return `must be no more than ${maximum} characters`;
}

/** Length in UTF-8, as Go counts. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

function longerThan(text: string, maximum_bytes: number): boolean {
  return text.length > maximum_bytes || (text.length * 3 > maximum_bytes && byteLength(text) > maximum_bytes);
}

const isLower = (c: number) => c >= 97 && c <= 122;
const isUpper = (c: number) => c >= 65 && c <= 90;
const isDigit = (c: number) => c >= 48 && c <= 57;
const isLowerDigit = (c: number) => isLower(c) || isDigit(c);
/** ASCII letters and digits. */
export const isAlphanumeric = (c: number) => isLower(c) || isUpper(c) || isDigit(c);
const DASH = 45;
const DOT = 46;
const UNDERSCORE = 95;

/** text[from, to) is one label of a DNS name. */
function isLabelAt(text: string, from: number, to: number, underscore: boolean): boolean {
  if (underscore && from < to && text.charCodeAt(from) === UNDERSCORE) from++;
  if (from >= to || !isLowerDigit(text.charCodeAt(from)) || !isLowerDigit(text.charCodeAt(to - 1))) return false;
  for (let i = from + 1; i < to - 1; i++) {
    const c = text.charCodeAt(i);
    if (!isLowerDigit(c) && c !== DASH && !(underscore && c === UNDERSCORE)) return false;
  }
  return true;
}

function isSubdomainFrom(text: string, from: number, underscore: boolean): boolean {
  for (;;) {
    const dot = text.indexOf(".", from);
    if (!isLabelAt(text, from, dot < 0 ? text.length : dot, underscore)) return false;
    if (dot < 0) return true;
    from = dot + 1;
  }
}

/** A DNS label (RFC 1123), at most 63 characters. */
export function dns1123Label(value: string): Messages {
  const matches = isLabelAt(value, 0, value.length, false);
  if (matches && value.length <= 63) return OK;
  const messages: string[] = [];
  if (longerThan(value, 63)) messages.push(charactersText(63));
  if (!matches) messages.push(isSubdomainFrom(value, 0, false) ? "must not contain dots" : LABEL_TEXT);
  return messages;
}

/** A DNS label of the older kind (RFC 1035), which begins with a letter. */
export function dns1035Label(value: string): Messages {
  const matches = isLabelAt(value, 0, value.length, false) && isLower(value.charCodeAt(0));
  if (matches && value.length <= 63) return OK;
  const messages: string[] = [];
  if (longerThan(value, 63)) messages.push(charactersText(63));
  if (!matches) messages.push(LABEL_1035_TEXT);
  return messages;
}

/** A name as programming languages have it: letters, digits and `_`, no digit first. */
export function cIdentifier(value: string): Messages {
  let matches = value !== "" && !isDigit(value.charCodeAt(0));
  for (let i = 0; matches && i < value.length; i++) matches = isAlphanumeric(value.charCodeAt(i)) || value.charCodeAt(i) === UNDERSCORE;
  return matches ? OK : [IDENTIFIER_TEXT];
}

/** A DNS subdomain (RFC 1123), at most 253 characters. */
export function dns1123Subdomain(value: string): Messages {
  const matches = isSubdomainFrom(value, 0, false);
  if (matches && value.length <= 253) return OK;
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(charactersText(253));
  if (!matches) messages.push(SUBDOMAIN_TEXT);
  return messages;
}

/** The same in newer words. */
function longName(value: string): Messages {
  return dns1123Subdomain(value).map((message) => (message === charactersText(253) ? "must be no more than 253 bytes" : message));
}

/** A DNS subdomain whose labels may have underscores, as search paths do. */
export function dns1123SubdomainWithUnderscore(value: string): Messages {
  const matches = isSubdomainFrom(value, 0, true);
  if (matches && value.length <= 253) return OK;
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(charactersText(253));
  if (!matches) messages.push(UNDERSCORE_SUBDOMAIN_TEXT);
  return messages;
}

/** `*.` and a DNS subdomain. */
export function wildcardDns1123Subdomain(value: string): Messages {
  const matches = value.startsWith("*.") && isSubdomainFrom(value, 2, false);
  if (matches && value.length <= 253) return OK;
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(charactersText(253));
  if (!matches) messages.push(WILDCARD_TEXT);
  return messages;
}

/** Letters, digits, `-`, `_` and `.` with a letter or digit at both ends. */
function isNamePart(text: string, from: number): boolean {
  const end = text.length - 1;
  if (from > end || !isAlphanumeric(text.charCodeAt(from)) || !isAlphanumeric(text.charCodeAt(end))) return false;
  for (let i = from + 1; i < end; i++) {
    const c = text.charCodeAt(i);
    if (!isAlphanumeric(c) && c !== DASH && c !== DOT && c !== UNDERSCORE) return false;
  }
  return true;
}

/** `name` or `prefix/name`: label and annotation keys, finalizers, extended resources, conditions. */
export function qualifiedName(value: string): Messages {
  const slash = value.indexOf("/");
  if (slash < 0 && value.length <= 63 && isNamePart(value, 0)) return OK;
  if (slash >= 0 && value.indexOf("/", slash + 1) >= 0) return [LABEL_KEY_TEXT];
  const messages: string[] = [];
  if (slash === 0) messages.push("prefix part must be non-empty");
  else if (slash > 0) for (const message of longName(value.slice(0, slash))) messages.push(`prefix part ${message}`);
  const name = value.slice(slash + 1);
  if (name === "") messages.push("name part must be non-empty");
  else if (longerThan(name, 63)) messages.push("name part must be no more than 63 bytes");
  if (!isNamePart(name, 0)) messages.push(`name part ${NAME_PART_TEXT}`);
  return messages.length === 0 ? OK : messages;
}

/** Empty, or a name part of at most 63 bytes. */
export function labelValue(value: string): Messages {
  if (value === "") return OK;
  const matches = isNamePart(value, 0);
  if (matches && value.length <= 63) return OK;
  const messages: string[] = [];
  if (longerThan(value, 63)) messages.push("must be no more than 63 bytes");
  if (!matches) messages.push(LABEL_VALUE_TEXT);
  return messages;
}

/** A key of a ConfigMap or Secret: also a file name. */
export function configMapKey(value: string): Messages {
  const messages: string[] = [];
  if (longerThan(value, 253)) messages.push(charactersText(253));
  let matches = value !== "";
  for (let i = 0; matches && i < value.length; i++) {
    const c = value.charCodeAt(i);
    matches = isAlphanumeric(c) || c === DASH || c === DOT || c === UNDERSCORE;
  }
  if (!matches) messages.push(CONFIG_KEY_TEXT);
  if (value === ".") messages.push("must not be '.'");
  else if (value === "..") messages.push("must not be '..'");
  else if (value.startsWith("..")) messages.push("must not start with '..'");
  return messages.length === 0 ? OK : messages;
}

/** Printable ASCII but `=`. */
export function envVarName(value: string): Messages {
  if (value === "") return [`environment variable name must be non-empty`];
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c < 32 || c > 126 || c === 61) return [ENV_NAME_TEXT];
  }
  return OK;
}

/** An HTTP header's name. */
export function httpHeaderName(value: string): Messages {
  let matches = value !== "";
  for (let i = 0; matches && i < value.length; i++) {
    const c = value.charCodeAt(i);
    matches = isAlphanumeric(c) || c === DASH;
  }
  return matches ? OK : [HTTP_HEADER_TEXT];
}

/** An IANA service name (RFC 6335): 1 to 15 lower case letters, digits and single inner dashes, at least one letter. */
export function portName(value: string): Messages {
  const messages: string[] = [];
  if (longerThan(value, 15)) messages.push(charactersText(15));
  let charset = value !== "";
  let letter = false;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (isLower(c)) letter = true;
    else if (!isDigit(c) && c !== DASH) charset = false;
  }
  if (!charset) messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!letter) messages.push("must contain at least one letter (a-z)");
  if (value.includes("--")) messages.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-")) messages.push("must not begin or end with a hyphen");
  return messages.length === 0 ? OK : messages;
}

const PORT_RANGE: Messages = [rangeText(1, 65535)];
const ID_RANGE: Messages = [rangeText(0, 2147483647)];

/** A port number. */
export function portNumber(value: number): Messages {
  return value >= 1 && value <= 65535 ? OK : PORT_RANGE;
}

/** A Linux user or group id. */
export function userOrGroupId(value: number): Messages {
  return value >= 0 && value <= 2147483647 ? OK : ID_RANGE;
}

/** `25%`. */
export function percent(value: string): Messages {
  let matches = value.length > 1 && value.endsWith("%");
  for (let i = 0; matches && i < value.length - 1; i++) matches = isDigit(value.charCodeAt(i));
  return matches ? OK : [PERCENT_TEXT];
}

/** What may be one segment of a URL path: the least rule of every name. */
export function pathSegmentName(name: string, prefix = false): Messages {
  if (prefix) return pathSegmentCharacters(name);
  if (name === ".") return ["may not be '.'"];
  if (name === "..") return ["may not be '..'"];
  return pathSegmentCharacters(name);
}

function pathSegmentCharacters(name: string): Messages {
  const messages: string[] = [];
  if (name.includes("/")) messages.push("may not contain '/'");
  if (name.includes("%")) messages.push("may not contain '%'");
  return messages.length === 0 ? OK : messages;
}

/** A generated name goes on after its prefix: the dash at the end is not the end. As in Kubernetes, the character before it goes unseen. */
function unmasked(name: string, prefix: boolean): string {
  return prefix && name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name;
}

export const nameIsDnsSubdomain: NameRule = (name, prefix) => dns1123Subdomain(unmasked(name, prefix));
/** The same in newer words. */
export const nameIsLongName: NameRule = (name, prefix) => longName(unmasked(name, prefix));
export const nameIsDnsLabel: NameRule = (name, prefix) => dns1123Label(unmasked(name, prefix));
export const nameIsPathSegment: NameRule = (name, prefix) => pathSegmentName(name, prefix);
