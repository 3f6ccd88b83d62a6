import { invalid, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { ResourceSlice } from "../../wire.ts";
import { type Errors, immutable, invalidEach, NOT_POSITIVE_TEXT } from "../common.ts";
import { internalJsonList } from "../internal-json.ts";
import { dns1123Subdomain, nameIsDnsSubdomain } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateNodeSelector } from "../pod/node-selector.ts";
import { validateCounters, validateDevice } from "./device.ts";
import { validateSet } from "./lists.ts";
import { validateDriverName, validateLabelText, validatePoolName } from "./names.ts";

type Spec = ResourceSlice["spec"];

const SPEC = fieldPath("spec");
const MAX_DEVICES = 128;
/** Of devices with taints or counters. */
const MAX_ADVANCED_DEVICES = 64;
const MAX_COUNTER_SETS = 8;
const ONE_PLACE_TEXT = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

export function validateResourceSlice(slice: ResourceSlice): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(slice.metadata, false, nameIsDnsSubdomain, errors);
  validateSpec(slice.spec ?? {}, undefined, errors);
  return errors;
}

export function validateResourceSliceUpdate(slice: ResourceSlice, old: ResourceSlice): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(slice.metadata, old.metadata, errors);
  validateSpec(slice.spec ?? {}, old.spec, errors);
  return errors;
}

function validateSpec(spec: Partial<Spec>, old: Spec | undefined, errors: Errors): void {
  validateDriverName(spec.driver, SPEC.child("driver"), errors);
  validatePool(spec.pool ?? {}, SPEC.child("pool"), errors);
  if (old) {
    const name = spec.pool?.name ?? "";
    immutable(name === (old.pool?.name ?? ""), name, SPEC.child("pool", "name"), errors);
    immutable((spec.driver ?? "") === (old.driver ?? ""), spec.driver ?? "", SPEC.child("driver"), errors);
    immutable(spec.nodeName === old.nodeName, spec.nodeName, SPEC.child("nodeName"), errors);
  }
  validatePlace(spec, errors);
  if (spec.sharedCounters && spec.devices) errors.push(invalid(SPEC, "", "only one of `sharedCounters` or `devices` is allowed"));
  const advanced = spec.devices?.some((device) => (device.taints?.length ?? 0) > 0 || (device.consumesCounters?.length ?? 0) > 0) === true;
  const perDevice = spec.perDeviceNodeSelection === true;
  const before = new Map(old?.devices?.map((device) => [device.name, device]));
  const rule = (device: NonNullable<Spec["devices"]>[number], path: FieldPath) => validateDevice(device, before.get(device.name), perDevice, path, errors);
  validateSet(spec.devices, advanced ? MAX_ADVANCED_DEVICES : MAX_DEVICES, rule, ({ name }) => name ?? "", SPEC.child("devices"), errors);
  validateSet(spec.sharedCounters, MAX_COUNTER_SETS, (set, path) => validateCounterSet(set, path, errors), ({ name }) => name ?? "", SPEC.child("sharedCounters"), errors);
}

function validateCounterSet(set: NonNullable<Spec["sharedCounters"]>[number], path: FieldPath, errors: Errors): void {
  if (!set.name) errors.push(required(path.child("name")));
  else validateLabelText(set.name, path.child("name"), errors);
  validateCounters(set.counters, path.child("counters"), errors);
}

function validatePool(pool: Partial<Spec["pool"]>, path: FieldPath, errors: Errors): void {
  const { name, resourceSliceCount = 0, generation = 0 } = pool;
  validatePoolName(name, path.child("name"), errors);
  if (resourceSliceCount <= 0) errors.push(invalid(path.child("resourceSliceCount"), resourceSliceCount, NOT_POSITIVE_TEXT));
  if (generation < 0) errors.push(invalid(path.child("generation"), generation, "must be greater than or equal to zero"));
}

function validatePlace(spec: Partial<Spec>, errors: Errors): void {
  const set: string[] = [];
  const { nodeName, nodeSelector } = spec;
  if (nodeName === "") errors.push(invalid(SPEC.child("nodeName"), nodeName, "must be either unset or set to a non-empty string"));
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    invalidEach(dns1123Subdomain(nodeName), nodeName, SPEC.child("nodeName"), errors);
  }
  if (nodeSelector) {
    set.push("`nodeSelector`");
    const path = SPEC.child("nodeSelector");
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    validateNodeSelector(nodeSelector, path, errors);
    const shown = terms.length === 0 ? null : internalJsonList("io.k8s.api.core.v1.NodeSelectorTerm", terms);
    if (terms.length !== 1) errors.push(invalid(path.child("nodeSelectorTerms"), shown, "must have exactly one node selector term"));
  }
  for (const field of ["allNodes", "perDeviceNodeSelection"] as const) {
    if (spec[field] === true) set.push(`\`${field}\``);
    else if (spec[field] === false) errors.push(invalid(SPEC.child(field), false, "must be either unset or set to true"));
  }
  if (set.length === 0) errors.push(required(SPEC, ONE_PLACE_TEXT));
  else if (set.length > 1) errors.push(invalid(SPEC, `{${set.join(", ")}}`, `${ONE_PLACE_TEXT}, but multiple fields are set`));
}
