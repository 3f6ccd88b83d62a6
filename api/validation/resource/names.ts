import { invalid, notSupported, notSupportedInOrder, required, tooLong } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { DeviceToleration } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { validateLabelName } from "../labels.ts";
import { byteLength, cIdentifier, dns1123Label, dns1123Subdomain, labelValue } from "../names.ts";
import { validateCsiDriverName } from "../volume-sources.ts";

/** A driver is named as CSI drivers are. */
export const validateDriverName = validateCsiDriverName;

const MAX_POOL_BYTES = 253;
const MAX_ID_BYTES = 32;
/** Of a qualified name with its domain. */
export const MAX_QUALIFIED_BYTES = 63 + 1 + MAX_ID_BYTES;
export const deviceTaintEffects = ["NoExecute", "NoSchedule", "None"];

export function validateLabelText(name: string | undefined, path: FieldPath, errors: Errors): void {
  invalidEach(dns1123Label(name ?? ""), name ?? "", path, errors);
}

/** DNS subdomains with slashes between them. */
export function validatePoolName(name: string | undefined, path: FieldPath, errors: Errors): void {
  if (!name) {
    errors.push(required(path));
    return;
  }
  if (byteLength(name) > MAX_POOL_BYTES) errors.push(tooLong(path, MAX_POOL_BYTES));
  for (const part of name.split("/")) invalidEach(dns1123Subdomain(part), part, path, errors);
}

/** `name` or `domain/name`. */
export function validateQualifiedName(name: string, path: FieldPath, errors: Errors): void {
  const [domain = "", id, ...more] = name.split("/");
  if (id === undefined) validateIdentifier(domain, path, errors);
  else if (more.length > 0) errors.push(invalid(path, name, "must not contain more than one slash"));
  else {
    if (domain === "") errors.push(invalid(path, "", "the domain must not be empty"));
    else validateDriverName(domain, path, errors);
    if (id === "") errors.push(invalid(path, "", "the name must not be empty"));
    else validateIdentifier(id, path, errors);
  }
}

/** `domain/name`: the domain must be there. */
export function validateFullyQualifiedName(name: string, path: FieldPath, errors: Errors): void {
  validateQualifiedName(name, path, errors);
  if (!name.includes("/")) errors.push(invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"));
}

function validateIdentifier(id: string, path: FieldPath, errors: Errors): void {
  if (byteLength(id) > MAX_ID_BYTES) errors.push(tooLong(path, MAX_ID_BYTES));
  invalidEach(cIdentifier(id), id, path, errors);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Forms that are a UUID in other clothes: a URN, in braces, without dashes. */
const OTHER_UUID = /^(urn:uuid:[0-9a-f-]{36}|\{[0-9a-f-]{36}\}|[0-9a-f]{32})$/i;

/** A share of a device: a UUID in lower case. */
export function validateUid(uid: string, path: FieldPath, errors: Errors): void {
  if (!UUID.test(uid) && !OTHER_UUID.test(uid)) {
    const length = byteLength(uid);
    const text = [32, 36, 38, 45].includes(length) ? "invalid UUID format" : `invalid UUID length: ${length}`;
    errors.push(invalid(path, uid, `error validating uid: ${text}`));
  } else if (!UUID.test(uid) || uid !== uid.toLowerCase()) {
    errors.push(invalid(path, uid, "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"));
  }
}

/** Which taints of a device a claim bears. */
export function validateDeviceToleration(toleration: DeviceToleration, path: FieldPath, errors: Errors): void {
  const { key, operator = "", value = "", effect = "" } = toleration;
  if (key) validateLabelName(key, path.child("key"), errors);
  if (operator === "Exists") {
    if (value !== "") errors.push(invalid(path.child("value"), value, "must be empty for operator `Exists`"));
  } else if (operator === "Equal") invalidEach(labelValue(value), value, path.child("value"), errors);
  else if (operator === "") errors.push(required(path.child("operator")));
  else errors.push(notSupportedInOrder(path.child("operator"), operator, ["Equal", "Exists"]));
  if (effect !== "" && !deviceTaintEffects.includes(effect)) errors.push(notSupported(path.child("effect"), effect, deviceTaintEffects));
}
