import { forbidden, invalid, required, tooLong } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import type { ConfigMap, Secret } from "../wire.ts";
import { type Errors, immutable, invalidEach } from "./common.ts";
import { equalJson } from "./equality.ts";
import { jsonObjectProblem } from "./json-syntax.ts";
import { byteLength, configMapKey, nameIsDnsSubdomain } from "./names.ts";
import { METADATA, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";

/** All values of one ConfigMap or Secret together. */
const DATA_LIMIT_BYTES = 1024 * 1024;
const DATA = fieldPath("data");
const IMMUTABLE_SET_TEXT = "field is immutable when `immutable` is set";

/** Bytes that the base64 text stands for. */
function decodedLength(base64: string): number {
  return Math.floor((base64.length * 3) / 4) - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
}

export function validateConfigMap(map: ConfigMap): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(map.metadata, true, nameIsDnsSubdomain, errors);
  let size = 0;
  for (const key in map.data) {
    invalidEach(configMapKey(key), key, DATA.key(key), errors);
    if (map.binaryData?.[key] !== undefined) errors.push(invalid(DATA.key(key), key, "duplicate of key present in binaryData"));
    size += byteLength(map.data[key] ?? "");
  }
  for (const key in map.binaryData) {
    invalidEach(configMapKey(key), key, fieldPath("binaryData").key(key), errors);
    size += decodedLength(map.binaryData[key] ?? "");
  }
  // The error is of the whole object.
  if (size > DATA_LIMIT_BYTES) errors.push(tooLong("[]", DATA_LIMIT_BYTES));
  return errors;
}

export function validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(map.metadata, old.metadata, errors);
  validateKept(map, old, ["data", "binaryData"], errors);
  return [...errors, ...validateConfigMap(map)];
}

/** What has been made immutable stays so, and its data as it is. */
function validateKept<T extends ConfigMap | Secret>(object: T, old: T, fields: readonly (keyof T & string)[], errors: Errors): void {
  if (!old.immutable) return;
  if (!object.immutable) errors.push(forbidden("immutable", IMMUTABLE_SET_TEXT));
  for (const field of fields) if (!equalJson(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, IMMUTABLE_SET_TEXT));
}

export function validateSecret(secret: Secret): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(secret.metadata, true, nameIsDnsSubdomain, errors);
  let size = 0;
  for (const key in secret.data) {
    invalidEach(configMapKey(key), key, DATA.key(key), errors);
    size += decodedLength(secret.data[key] ?? "");
  }
  if (size > DATA_LIMIT_BYTES) errors.push(tooLong(DATA, DATA_LIMIT_BYTES));
  validateSecretType(secret, errors);
  return errors;
}

function validateSecretType(secret: Secret, errors: Errors): void {
  const data = secret.data ?? {};
  const need = (key: string) => errors.push(required(DATA.key(key)));
  switch (secret.type) {
    case "kubernetes.io/service-account-token":
      if (!secret.metadata.annotations?.["kubernetes.io/service-account.name"]) errors.push(required(METADATA.child("annotations").key("kubernetes.io/service-account.name")));
      break;
    case "kubernetes.io/dockercfg":
      validateDockerConfig(data, ".dockercfg", errors);
      break;
    case "kubernetes.io/dockerconfigjson":
      validateDockerConfig(data, ".dockerconfigjson", errors);
      break;
    case "kubernetes.io/basic-auth":
      if (data["username"] === undefined && data["password"] === undefined) {
        need("username");
        need("password");
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) need("ssh-privatekey");
      break;
    case "kubernetes.io/tls":
      for (const key of ["tls.crt", "tls.key"]) if (data[key] === undefined) need(key);
  }
}

function validateDockerConfig(data: { [key: string]: string }, key: string, errors: Errors): void {
  const text = data[key];
  if (text === undefined) errors.push(required(DATA.key(key)));
  else {
    const problem = jsonObjectProblem(Buffer.from(text, "base64").toString("utf8"));
    if (problem !== undefined) errors.push(invalid(DATA.key(key), "<secret contents redacted>", problem));
  }
}

export function validateSecretUpdate(secret: Secret, old: Secret): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(secret.metadata, old.metadata, errors);
  immutable(secret.type === old.type, secret.type, fieldPath("type"), errors);
  validateKept(secret, old, ["data"], errors);
  return [...errors, ...validateSecret(secret)];
}
