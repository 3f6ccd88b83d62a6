import { forbidden, invalid, notSupportedInOrder, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { validateLabelSelector } from "../labels.ts";
import { dns1035Label, dns1123Subdomain, nameIsDnsSubdomain, pathSegmentName } from "../names.ts";

type ParamKind = NonNullable<NonNullable<ValidatingAdmissionPolicy["spec"]>["paramKind"]>;
type ParamRef = NonNullable<NonNullable<ValidatingAdmissionPolicyBinding["spec"]>["paramRef"]>;

/** The kind of a policy's parameters. */
export function validateParamKind({ apiVersion = "", kind = "" }: ParamKind, path: FieldPath, errors: Errors): void {
  const at = path.child("apiVersion");
  const parts = apiVersion === "/" ? ["", ""] : apiVersion.split("/");
  if (apiVersion === "") errors.push(required(at));
  else if (parts.length > 2) errors.push(invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const [group, version] = parts.length === 2 ? [parts[0] ?? "", parts[1] ?? ""] : ["", apiVersion];
    if (group !== "") joined(dns1123Subdomain(group), group, at, errors);
    if (version === "") errors.push(invalid(at, apiVersion, "version must be specified"));
    else joined(dns1035Label(version), version, at, errors);
  }
  if (kind === "") errors.push(required(path.child("kind")));
  else {
    const messages = dns1035Label(kind.toLowerCase());
    if (messages.length > 0) errors.push(invalid(path.child("kind"), kind, `may have mixed case, but should otherwise match: ${messages.join(",")}`));
  }
}

function joined(messages: readonly string[], value: string, path: FieldPath, errors: Errors): void {
  if (messages.length > 0) errors.push(invalid(path, value, messages.join(",")));
}

/** Which objects are a binding's parameters: one by name, or all that a selector finds. */
export function validateParamRef(ref: ParamRef | undefined, path: FieldPath, errors: Errors): void {
  if (!ref) return;
  const { name = "", selector, parameterNotFoundAction: action } = ref;
  const text = "name and selector are mutually exclusive";
  if (name !== "") {
    invalidEach(pathSegmentName(name), name, path.child("name"), errors);
    if (selector) errors.push(forbidden(path.child("name"), text));
  }
  if (selector) {
    validateLabelSelector(selector, path.child("selector"), errors);
    if (name !== "") errors.push(forbidden(path.child("selector"), text));
  }
  if (name === "" && !selector) errors.push(required(path, "one of name or selector must be specified"));
  const at = path.child("parameterNotFoundAction");
  if (!action) errors.push(required(at));
  else if (action !== "Deny" && action !== "Allow") errors.push(notSupportedInOrder(at, action, ["Deny", "Allow"]));
}

/** The policy of a binding. */
export function validatePolicyName(name: string | undefined, path: FieldPath, errors: Errors): void {
  if (!name) errors.push(required(path));
  else invalidEach(nameIsDnsSubdomain(name, false), name, path, errors);
}
