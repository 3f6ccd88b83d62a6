import { invalid, notSupported, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from "../../wire.ts";
import { type Errors, invalidEach, localNonReservedPath } from "../common.ts";
import { configMapKey, dns1123Label, envVarName, nameIsDnsSubdomain, qualifiedName } from "../names.ts";

const envFieldPaths = ["metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"];
export const volumeFieldPaths = ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];
/** What a field path may name at all, before the place where it stands is asked. */
const knownFieldPaths = new Set([
  ...["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"],
  ...["spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase"],
  ...["status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"],
]);
const resourceFields = ["limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage"];

/** Environment variables of a container. */
export function validateEnv(variables: readonly EnvVar[], path: FieldPath, errors: Errors): void {
  variables.forEach((variable, i) => {
    if (!variable.name) errors.push(required(path.index(i).child("name")));
    else if (envVarName(variable.name).length > 0) invalidEach(envVarName(variable.name), variable.name, path.index(i).child("name"), errors);
    if (variable.valueFrom) validateValueFrom(variable, path.index(i).child("valueFrom"), errors);
  });
}

function validateValueFrom(variable: EnvVar, path: FieldPath, errors: Errors): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = variable.valueFrom ?? {};
  let sources = 0;
  if (fieldRef) {
    sources++;
    validateFieldRef(fieldRef, envFieldPaths, path.child("fieldRef"), errors);
  }
  if (resourceFieldRef) {
    sources++;
    validateResourceFieldRef(resourceFieldRef, false, path.child("resourceFieldRef"), errors);
  }
  if (configMapKeyRef) {
    sources++;
    validateKeySelector(configMapKeyRef, path.child("configMapKeyRef"), errors);
  }
  if (secretKeyRef) {
    sources++;
    validateKeySelector(secretKeyRef, path.child("secretKeyRef"), errors);
  }
  if (fileKeyRef) {
    sources++;
    validateFileKeySelector(fileKeyRef, path.child("fileKeyRef"), errors);
  }
  if (sources === 0) errors.push(invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"));
  else if (variable.value) errors.push(invalid(path, "", "may not be specified when `value` is not empty"));
  else if (sources > 1) errors.push(invalid(path, "", "may not have more than one field specified at a time"));
}

function validateKeySelector(selector: { name?: string; key: string }, path: FieldPath, errors: Errors): void {
  invalidEach(nameIsDnsSubdomain(selector.name ?? "", false), selector.name ?? "", path.child("name"), errors);
  if (!selector.key) errors.push(required(path.child("key")));
  else invalidEach(configMapKey(selector.key), selector.key, path.child("key"), errors);
}

function validateFileKeySelector(selector: { key: string; volumeName: string; path: string }, path: FieldPath, errors: Errors): void {
  if (!selector.key) errors.push(required(path.child("key")));
  else invalidEach(envVarName(selector.key), selector.key, path.child("key"), errors);
  if (!selector.volumeName) errors.push(required(path.child("volumeName")));
  else invalidEach(dns1123Label(selector.volumeName), selector.volumeName, path.child("volumeName"), errors);
  if (!selector.path) errors.push(required(path.child("path")));
  else localNonReservedPath(selector.path, path.child("path"), errors);
}

/** A field of the pod, for a variable or a file; `allowed` are the whole fields that the place takes. */
export function validateFieldRef(ref: ObjectFieldSelector, allowed: readonly string[], path: FieldPath, errors: Errors): void {
  if (!ref.apiVersion) {
    errors.push(required(path.child("apiVersion")));
    return;
  }
  if (!ref.fieldPath) {
    errors.push(required(path.child("fieldPath")));
    return;
  }
  const refuse = (text: string) => errors.push(invalid(path.child("fieldPath"), ref.fieldPath, `error converting fieldPath: ${text}`));
  const subscripted = splitSubscript(ref.fieldPath);
  // A name of the first clients.
  const whole = ref.fieldPath === "spec.host" ? "spec.nodeName" : ref.fieldPath;
  if (ref.apiVersion !== "v1") refuse(`unsupported pod version: ${ref.apiVersion}`);
  else if (subscripted) {
    const { field, key } = subscripted;
    if (field !== "metadata.annotations" && field !== "metadata.labels") refuse(`field label does not support subscript: ${ref.fieldPath}`);
    else {
      const checked = field === "metadata.annotations" ? key.toLowerCase() : key;
      invalidEach(qualifiedName(checked), checked, path, errors);
    }
  } else if (!knownFieldPaths.has(whole)) refuse(`field label not supported: ${ref.fieldPath}`);
  else if (!allowed.includes(whole)) errors.push(notSupported(path.child("fieldPath"), whole, allowed));
}

/** `metadata.labels['key']` in its two parts. */
function splitSubscript(fieldPath: string): { field: string; key: string } | undefined {
  const start = fieldPath.indexOf("['");
  return start > 0 && fieldPath.endsWith("']") && start + 2 <= fieldPath.length - 2 ? { field: fieldPath.slice(0, start), key: fieldPath.slice(start + 2, -2) } : undefined;
}

/** A container's resource; a file must say which container's (`volume`). */
export function validateResourceFieldRef(ref: ResourceFieldSelector, volume: boolean, path: FieldPath, errors: Errors): void {
  if (volume && !ref.containerName) errors.push(required(path.child("containerName")));
  else if (!ref.resource) errors.push(required(path.child("resource")));
  else if (!resourceFields.includes(ref.resource) && !isHugePagesField(ref.resource)) errors.push(notSupported(path.child("resource"), ref.resource, resourceFields));
  if (ref.divisor !== undefined && ref.divisor !== "0") validateDivisor(ref.resource ?? "", ref.divisor, path, errors);
}

function isHugePagesField(resource: string): boolean {
  return resource.startsWith("requests.hugepages-") || resource.startsWith("limits.hugepages-");
}

const byteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];
const BYTES_TEXT = byteDivisors.join(", ");

function validateDivisor(resource: string, divisor: string, path: FieldPath, errors: Errors): void {
  const kind = resource.replace(/^(limits|requests)\./, "");
  const refuse = (text: string) => errors.push(invalid(path.child("divisor"), resource, `only divisor's values ${text} resource`));
  if (kind === "cpu" && divisor !== "1m" && divisor !== "1") refuse("1m and 1 are supported with the cpu");
  if (byteDivisors.includes(divisor)) return;
  if (kind === "memory") refuse(`${BYTES_TEXT} are supported with the memory`);
  if (kind === "ephemeral-storage") refuse(`${BYTES_TEXT} are supported with the local ephemeral storage`);
  if (isHugePagesField(resource)) refuse(`${BYTES_TEXT} are supported with the hugepages`);
}

/** Whole ConfigMaps and Secrets as variables. */
export function validateEnvFrom(sources: readonly EnvFromSource[], path: FieldPath, errors: Errors): void {
  sources.forEach((source, i) => {
    const at = path.index(i);
    if (source.prefix) invalidEach(envVarName(source.prefix), source.prefix, at.child("prefix"), errors);
    let count = 0;
    for (const field of ["configMapRef", "secretRef"] as const) {
      const ref = source[field];
      if (!ref) continue;
      count++;
      if (!ref.name) errors.push(required(at.child(field, "name")));
      else invalidEach(nameIsDnsSubdomain(ref.name, true), ref.name, at.child(field, "name"), errors);
    }
    if (count === 0) errors.push(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"));
    else if (count > 1) errors.push(invalid(path, "", "may not have more than one field specified at a time"));
  });
}
