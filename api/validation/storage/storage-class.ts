import { duplicate, forbidden, invalid, notSupported, RawValue, required, tooLong } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { StorageClass, VolumeAttributesClass } from "../../wire.ts";
import { type Errors, immutable, invalidEach } from "../common.ts";
import { equalJson } from "../equality.ts";
import { validateLabelName } from "../labels.ts";
import { byteLength, nameIsDnsSubdomain, qualifiedName } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";

type StringMap = Readonly<Record<string, string>> | undefined;

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;
const reclaimPolicies = ["Delete", "Retain"];
const bindingModes = ["Immediate", "WaitForFirstConsumer"];

export function validateStorageClass(storageClass: StorageClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(storageClass.metadata, false, nameIsDnsSubdomain, errors);
  validateDriverName(storageClass.provisioner, fieldPath("provisioner"), errors);
  validateParameters(storageClass.parameters, errors);
  const policy = storageClass.reclaimPolicy;
  if (policy && !reclaimPolicies.includes(policy)) errors.push(notSupported("reclaimPolicy", policy, reclaimPolicies));
  const mode = storageClass.volumeBindingMode;
  if (mode === undefined) errors.push(required("volumeBindingMode"));
  else if (!bindingModes.includes(mode)) errors.push(notSupported("volumeBindingMode", mode, bindingModes));
  if (storageClass.allowedTopologies) validateTopologies(storageClass.allowedTopologies, fieldPath("allowedTopologies"), errors);
  return errors;
}

/** Case does not matter; messages show the name in lower case. */
function validateDriverName(name: string | undefined, path: FieldPath, errors: Errors): void {
  const lower = (name ?? "").toLowerCase();
  if (lower === "") errors.push(required(path));
  else invalidEach(qualifiedName(lower), lower, path, errors);
}

function validateParameters(parameters: StringMap, errors: Errors): void {
  const path = fieldPath("parameters");
  const entries = Object.entries(parameters ?? {});
  if (entries.length > MAX_PARAMETERS) errors.push(tooLong(path, MAX_PARAMETERS));
  let size = 0;
  for (const [key, value] of entries) {
    if (key === "") errors.push(invalid(path, key, "field can not be empty."));
    size += byteLength(key) + byteLength(value);
  }
  if (size > MAX_PARAMETERS_BYTES) errors.push(tooLong(path, MAX_PARAMETERS_BYTES));
}

type Topologies = NonNullable<StorageClass["allowedTopologies"]>;

function validateTopologies(topologies: Topologies, path: FieldPath, errors: Errors): void {
  const seen: unknown[] = [];
  topologies.forEach((term, i) => {
    const at = path.index(i).child("matchLabelExpressions");
    const values = new Map<string, readonly string[]>();
    term.matchLabelExpressions?.forEach((expression, j) => {
      validateExpression(expression, at.index(j), errors);
      if (values.has(expression.key ?? "")) errors.push(duplicate(at.index(j).child("key"), expression.key ?? ""));
      values.set(expression.key ?? "", [...new Set(expression.values ?? [])].sort());
    });
    const form = Object.fromEntries(values);
    if (seen.some((other) => equalJson(other, form))) errors.push(duplicate(at, ""));
    seen.push(form);
  });
}

function validateExpression(expression: NonNullable<Topologies[number]["matchLabelExpressions"]>[number], path: FieldPath, errors: Errors): void {
  const at = path.child("values");
  const seen = new Set<string>();
  if (!expression.values?.length) errors.push(required(at));
  expression.values?.forEach((value, i) => {
    if (seen.has(value)) errors.push(duplicate(at.index(i), value));
    seen.add(value);
  });
  validateLabelName(expression.key, path.child("key"), errors);
}

/** What volumes were made with stays as it is. */
export function validateStorageClassUpdate(storageClass: StorageClass, old: StorageClass): Errors {
  const errors = validateStorageClass(storageClass);
  validateCoreObjectMetaUpdate(storageClass.metadata, old.metadata, errors);
  const { parameters } = storageClass;
  immutable(equalJson(parameters ?? {}, old.parameters ?? {}), parameters === undefined ? null : sortedMap(parameters), fieldPath("parameters"), errors);
  immutable((storageClass.provisioner ?? "") === (old.provisioner ?? ""), storageClass.provisioner ?? "", fieldPath("provisioner"), errors);
  immutable(storageClass.reclaimPolicy === old.reclaimPolicy, storageClass.reclaimPolicy, fieldPath("reclaimPolicy"), errors);
  immutable(storageClass.volumeBindingMode === old.volumeBindingMode, storageClass.volumeBindingMode, fieldPath("volumeBindingMode"), errors);
  return errors;
}

function sortedMap(map: Readonly<Record<string, string>>): RawValue {
  return new RawValue(JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))));
}

export function validateVolumeAttributesClass(attributes: VolumeAttributesClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(attributes.metadata, false, nameIsDnsSubdomain, errors);
  validateDriverName(attributes.driverName, fieldPath("driverName"), errors);
  if (Object.keys(attributes.parameters ?? {}).length === 0) errors.push(required("parameters", "must contain at least one key/value pair"));
  else validateParameters(attributes.parameters, errors);
  return errors;
}

export function validateVolumeAttributesClassUpdate(attributes: VolumeAttributesClass, old: VolumeAttributesClass): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(attributes.metadata, old.metadata, errors);
  if ((attributes.driverName ?? "") !== (old.driverName ?? "")) errors.push(forbidden("driverName", "updates to driverName are forbidden."));
  if (!equalJson(attributes.parameters ?? {}, old.parameters ?? {})) errors.push(forbidden("parameters", "updates to parameters are forbidden."));
  errors.push(...validateVolumeAttributesClass(attributes));
  return errors;
}
