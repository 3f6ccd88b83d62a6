import { invalid, required, tooLong } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import { goQuote } from "../../status/go-text.ts";
import type { Errors } from "../common.ts";
import { byteLength, dns1123Label, dns1123Subdomain } from "../names.ts";

const MAX_DOMAIN_BYTES = 253;
/** Domain, slash, and a path that holds a label, a dot and a subdomain. */
const MAX_BYTES = MAX_DOMAIN_BYTES + 1 + 253 + 63 + 1;

/** `example.com/name`: a domain of two labels or more, and DNS subdomains with dots between them. */
export function validateSignerName(name: string, path: FieldPath, errors: Errors): void {
  if (name === "") {
    errors.push(required(path));
    return;
  }
  const [domain = "", rest, ...more] = name.split("/");
  if (rest === undefined || more.length > 0) {
    errors.push(invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
    return;
  }
  if (byteLength(domain) > MAX_DOMAIN_BYTES) errors.push(tooLong(path, MAX_DOMAIN_BYTES));
  const labels = domain.split(".");
  firstFault(labels, dns1123Label, domain, path, errors);
  if (labels.length < 2) errors.push(invalid(path, domain, "should be a domain with at least two segments separated by dots"));
  firstFault(rest.split("."), dns1123Subdomain, rest, path, errors);
  if (byteLength(name) > MAX_BYTES) errors.push(tooLong(path, MAX_BYTES));
}

/** Only the first label that is wrong is told of. */
function firstFault(labels: readonly string[], rule: (label: string) => readonly string[], value: string, path: FieldPath, errors: Errors): void {
  for (const label of labels) {
    const messages = rule(label);
    for (const message of messages) errors.push(invalid(path, value, `validating label ${goQuote(label)}: ${message}`));
    if (messages.length > 0) return;
  }
}
