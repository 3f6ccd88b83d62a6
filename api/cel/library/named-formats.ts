import { matchesFormat } from "../../structural/formats.ts";
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, type Messages, qualifiedName } from "../../validation/names.ts";
import { type Cost, Library, traversal } from "../function.ts";
import { ArrayList, CelOpaque, CelOptional, type CelValue, NO_VALUE } from "../values.ts";

class CelFormat extends CelOpaque {
  readonly typeName = "kubernetes.NamedFormat";
  readonly name: string;
  readonly validate: (text: string) => Messages;

  constructor(name: string, validate: (text: string) => Messages) {
    super();
    this.name = name;
    this.validate = validate;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }
}

/** A name that may be the beginning of one: what is missing is generated. */
const prefix =
  (rule: (text: string) => Messages) =>
  (text: string): Messages =>
    rule(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);
const known =
  (format: string, complaint: string) =>
  (text: string): Messages =>
    matchesFormat(format, text) ? [] : [complaint];

const validators: Readonly<Record<string, (text: string) => Messages>> = {
  dns1123Label,
  dns1123LabelPrefix: prefix(dns1123Label),
  dns1123Subdomain,
  dns1123SubdomainPrefix: prefix(dns1123Subdomain),
  dns1035Label,
  dns1035LabelPrefix: prefix(dns1035Label),
  qualifiedName,
  labelValue,
  uri: known("uri", "invalid URI"),
  uuid: known("uuid", "does not match the UUID format"),
  byte: known("byte", "invalid base64"),
  date: known("date", "invalid date"),
  datetime: known("datetime", "invalid datetime"),
};

/** What Kubernetes takes for the regular expression of any format: 128 characters of it. */
const PATTERN_PARTS = 32;
const VALIDATES: Cost = { units: ([, size = 0]) => traversal(size), estimated: ([, size = 0]) => traversal(size) * PATTERN_PARTS };

/** Kubernetes' `format.dns1123Label().validate(…)` and its kin. */
export function namedFormats(): Library {
  const library = new Library()
    .define("format_named", "format.named(string) -> optional_type(kubernetes.NamedFormat)", ([name]) => named(name as string))
    .define("format_validate", "kubernetes.NamedFormat::validate(string) -> optional_type(list(string))", ([format, text]) => complaints(format as CelFormat, text as string), VALIDATES);
  for (const [name, validate] of Object.entries(validators)) {
    const format = new CelFormat(name, validate);
    library.define(`format_${name}`, `format.${name}() -> kubernetes.NamedFormat`, () => format);
  }
  return library;
}

function named(name: string): CelValue {
  const validate = Object.hasOwn(validators, name) ? validators[name] : undefined;
  return validate === undefined ? NO_VALUE : new CelOptional(new CelFormat(name, validate));
}

function complaints(format: CelFormat, text: string): CelOptional {
  const found = format.validate(text);
  return found.length === 0 ? NO_VALUE : new CelOptional(new ArrayList([...found]));
}
