import { invalid, notSupported, required, tooLong, tooMany } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Device } from "../../wire.ts";
import { type Errors, invalidEach } from "../common.ts";
import { semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { validateLabelName } from "../labels.ts";
import { byteLength, dns1123Subdomain, labelValue } from "../names.ts";
import { validateNodeSelector } from "../pod/node-selector.ts";
import { validateBindingConditions } from "./binding-conditions.ts";
import { validateCapacity } from "./capacity.ts";
import { shortKey, validateItems, validateSet } from "./lists.ts";
import { deviceTaintEffects, MAX_QUALIFIED_BYTES, validateLabelText, validateQualifiedName } from "./names.ts";

type Attribute = NonNullable<Device["attributes"]>[string];
type Taint = NonNullable<Device["taints"]>[number];
type Counters = NonNullable<Device["consumesCounters"]>[number]["counters"];

const DEFINITION = "io.k8s.api.resource.v1.Device";
const MAX_ATTRIBUTES = 32;
const MAX_TAINTS = 16;
const MAX_CONSUMPTIONS = 2;
const MAX_COUNTERS = 32;
const MAX_VALUE_BYTES = 64;
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const ONE_PLACE_TEXT = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";

/** A device of a slice. `old`: the one of that name that was there; `perDevice`: each device says for itself which nodes reach it. */
export function validateDevice(device: Device, old: Device | undefined, perDevice: boolean, path: FieldPath, errors: Errors): void {
  validateLabelText(device.name, path.child("name"), errors);
  const attributes = Object.entries(device.attributes ?? {});
  const capacities = Object.entries(device.capacity ?? {});
  const count = attributes.length + capacities.length;
  if (count > MAX_ATTRIBUTES) errors.push(invalid(path, count, `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES}`));
  for (const [name, attribute] of attributes) {
    validateQualifiedName(name, path.child("attributes"), errors);
    validateAttribute(attribute, path.child("attributes").key(shortKey(name, MAX_QUALIFIED_BYTES)), errors);
  }
  const same = (field: "capacity" | "taints") => old !== undefined && semanticEqual(DEFINITION, { [field]: device[field] }, { [field]: old[field] });
  if (!same("capacity")) {
    for (const [name, capacity] of capacities) {
      validateQualifiedName(name, path.child("capacity"), errors);
      validateCapacity(capacity, device.allowMultipleAllocations === true, path.child("capacity").key(shortKey(name, MAX_QUALIFIED_BYTES)), errors);
    }
  }
  if (!same("taints")) validateItems(device.taints, MAX_TAINTS, validateTaint, path.child("taints"), errors);
  const rule = (consumption: NonNullable<Device["consumesCounters"]>[number], at: FieldPath) => {
    if (!consumption.counterSet) errors.push(required(at.child("counterSet")));
    else validateLabelText(consumption.counterSet, at.child("counterSet"), errors);
    validateCounters(consumption.counters, at.child("counters"), errors);
  };
  validateSet(device.consumesCounters, MAX_CONSUMPTIONS, rule, ({ counterSet }) => counterSet ?? "", path.child("consumesCounters"), errors);
  validatePlace(device, perDevice, path, errors);
  validateBindingConditions(device, path, errors);
}

function validateAttribute(attribute: Attribute, path: FieldPath, errors: Errors): void {
  const { string, version } = attribute;
  if (string !== undefined && byteLength(string) > MAX_VALUE_BYTES) errors.push(tooLong(path.child("string"), MAX_VALUE_BYTES));
  if (version !== undefined) {
    if (!isSemver(version)) errors.push(invalid(path.child("version"), version, "must be a string compatible with semver.org spec 2.0.0"));
    if (byteLength(version) > MAX_VALUE_BYTES) errors.push(tooLong(path.child("version"), MAX_VALUE_BYTES));
  }
  const set = [attribute.int, attribute.bool, string, version].filter((value) => value !== undefined).length;
  if (set === 0) errors.push(invalid(path, "", "exactly one value must be specified"));
  else if (set > 1) errors.push(invalid(path, internalJson("io.k8s.api.resource.v1.DeviceAttribute", attribute), "exactly one value must be specified"));
}

/** The expression is linear, but only after a bound on the length. */
function isSemver(version: string): boolean {
  return version.length <= 1024 && SEMVER.test(version);
}

function validateTaint(taint: Taint, path: FieldPath, errors: Errors): void {
  const { key, value, effect } = taint;
  validateLabelName(key, path.child("key"), errors);
  if (value) invalidEach(labelValue(value), value, path.child("value"), errors);
  if (!effect) errors.push(required(path.child("effect")));
  else if (!deviceTaintEffects.includes(effect)) errors.push(notSupported(path.child("effect"), effect, deviceTaintEffects));
}

/** Counters by their names. */
export function validateCounters(counters: Counters | undefined, path: FieldPath, errors: Errors): void {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) errors.push(required(path));
  else if (names.length > MAX_COUNTERS) errors.push(tooMany(path, names.length, MAX_COUNTERS));
  else for (const name of names) validateLabelText(name, path, errors);
}

function validatePlace(device: Device, perDevice: boolean, path: FieldPath, errors: Errors): void {
  const { nodeName, nodeSelector, allNodes } = device;
  if (!perDevice) {
    if (nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined) {
      errors.push(invalid(path, null, "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec"));
    }
    return;
  }
  const set: string[] = [];
  if (nodeName === "") errors.push(invalid(path.child("nodeName"), nodeName, "must not be empty"));
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    invalidEach(dns1123Subdomain(nodeName), nodeName, path.child("nodeName"), errors);
  }
  if (nodeSelector) {
    set.push("`nodeSelector`");
    validateNodeSelector(nodeSelector, path.child("nodeSelector"), errors);
  }
  if (allNodes === true) set.push("`allNodes`");
  else if (allNodes === false) errors.push(invalid(path.child("allNodes"), false, "must be either unset or set to true"));
  if (set.length === 0) errors.push(required(path, ONE_PLACE_TEXT));
  else if (set.length > 1) errors.push(invalid(path, `{${set.join(", ")}}`, ONE_PLACE_TEXT));
}
