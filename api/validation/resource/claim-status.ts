import { forbidden, invalid, notSupportedInOrder, RawValue, required, tooLong, tooMany } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { AllocatedDeviceStatus, DeviceAllocationResult, ResourceClaim } from "../../wire.ts";
import { type Errors, immutable } from "../common.ts";
import { validateConditions } from "../conditions.ts";
import { equalJson, semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { validateInterfaceAddress } from "../ip.ts";
import { byteLength } from "../names.ts";
import { validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateNodeSelector } from "../pod/node-selector.ts";
import { validateBindingConditions } from "./binding-conditions.ts";
import { MAX_CONFIGS, type RequestNames, requestNamesOf, validateClaimConfiguration, validateRequestReference } from "./claim-spec.ts";
import { validateJsonObject } from "./configuration.ts";
import { validateItems, validateSet } from "./lists.ts";
import { validateDeviceToleration, validateDriverName, validateLabelText, validatePoolName, validateUid } from "./names.ts";

type Status = NonNullable<ResourceClaim["status"]>;
type Result = NonNullable<DeviceAllocationResult["results"]>[number];
type Consumer = NonNullable<Status["reservedFor"]>[number];

const STATUS = fieldPath("status");
const ALLOCATION = "io.k8s.api.resource.v1.AllocationResult";
const MAX_RESERVED = 256;
const MAX_RESULTS = 32;
const MAX_CONDITIONS = 8;
const MAX_DATA_BYTES = 10 * 1024;
const MAX_INTERFACE_NAME_BYTES = 256;
const MAX_HARDWARE_ADDRESS_BYTES = 128;
const MAX_IPS = 16;

/** A device, or a share of it, in Kubernetes' own text form. */
function deviceId(device: { driver?: string; pool?: string; device?: string; shareID?: string }): string {
  const id = `${device.driver ?? ""}/${device.pool ?? ""}/${device.device ?? ""}`;
  return device.shareID === undefined ? id : `${id}/${device.shareID}`;
}

export function validateResourceClaimStatusUpdate(claim: ResourceClaim, old: ResourceClaim): Errors {
  const errors: Errors = [];
  validateCoreObjectMetaUpdate(claim.metadata, old.metadata, errors);
  const { reservedFor, devices, allocation } = claim.status ?? {};
  validateSet(reservedFor, MAX_RESERVED, (consumer, at) => validateConsumer(consumer, at, errors), ({ uid }) => uid ?? "", STATUS.child("reservedFor"), errors);
  const allocated = new Set(allocation?.devices?.results?.map(deviceId));
  validateSet(devices, Number.POSITIVE_INFINITY, (device, at) => validateDeviceStatus(device, allocated, at, errors), (device) => new RawValue(deviceId(device)), STATUS.child("devices"), errors);
  validateReservations(claim, old, errors);
  const names = requestNamesOf(claim.spec);
  const path = STATUS.child("allocation");
  if (allocation && old.status?.allocation) immutable(semanticEqual(ALLOCATION, allocation, old.status.allocation), internalJson(ALLOCATION, allocation), path, errors);
  else if (allocation) {
    validateAllocation(allocation.devices ?? {}, names, path.child("devices"), errors);
    if (allocation.nodeSelector) validateNodeSelector(allocation.nodeSelector, path.child("nodeSelector"), errors);
  }
  return errors;
}

/** Only what is allocated is reserved, and nobody new comes to a claim that is going. */
function validateReservations(claim: ResourceClaim, old: ResourceClaim, errors: Errors): void {
  const reserved = claim.status?.reservedFor ?? [];
  const path = STATUS.child("reservedFor");
  if (reserved.length === 0) return;
  if (!claim.status?.allocation) errors.push(forbidden(path, "may not be specified when `allocated` is not set"));
  else if (claim.metadata.deletionTimestamp && reserved.some((one) => !old.status?.reservedFor?.some((other) => equalJson(one, other)))) {
    errors.push(forbidden(path, "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"));
  }
}

function validateConsumer(consumer: Consumer, path: FieldPath, errors: Errors): void {
  for (const field of ["resource", "name", "uid"] as const) if (!consumer[field]) errors.push(required(path.child(field)));
}

function validateAllocation(devices: DeviceAllocationResult, names: RequestNames, path: FieldPath, errors: Errors): void {
  validateItems(devices.results, MAX_RESULTS, (result, at) => validateResult(result, names, at, errors), path.child("results"), errors);
  const rule = (config: NonNullable<DeviceAllocationResult["config"]>[number], at: FieldPath) => {
    const { source } = config;
    if (!source) errors.push(required(at.child("source")));
    else if (source !== "FromClaim" && source !== "FromClass") errors.push(notSupportedInOrder(at.child("source"), source, ["FromClaim", "FromClass"]));
    validateClaimConfiguration(config, names, false, at, errors);
  };
  validateItems(devices.config, 2 * MAX_CONFIGS, rule, path.child("config"), errors);
}

function validateResult(result: Result, names: RequestNames, path: FieldPath, errors: Errors): void {
  validateRequestReference(result.request ?? "", names, path.child("request"), errors);
  validateDriverName(result.driver, path.child("driver"), errors);
  validatePoolName(result.pool, path.child("pool"), errors);
  validateLabelText(result.device, path.child("device"), errors);
  validateBindingConditions(result, path, errors);
  result.tolerations?.forEach((toleration, i) => {
    validateDeviceToleration(toleration, path.child("tolerations").index(i), errors);
  });
  if (result.shareID !== undefined) validateUid(result.shareID, path.child("shareID"), errors);
}

function validateDeviceStatus(device: AllocatedDeviceStatus, allocated: ReadonlySet<string>, path: FieldPath, errors: Errors): void {
  validateDriverName(device.driver, path.child("driver"), errors);
  validatePoolName(device.pool, path.child("pool"), errors);
  validateLabelText(device.device, path.child("device"), errors);
  if (device.shareID !== undefined) validateUid(device.shareID, path.child("shareID"), errors);
  const id = deviceId(device);
  if (!allocated.has(id)) errors.push(invalid(path, new RawValue(id), "must be an allocated device in the claim"));
  const conditions = device.conditions ?? [];
  if (conditions.length > MAX_CONDITIONS) errors.push(tooMany(path.child("conditions"), conditions.length, MAX_CONDITIONS));
  validateConditions(conditions, path.child("conditions"), errors);
  if (device.data !== undefined) validateJsonObject(device.data, MAX_DATA_BYTES, path.child("data"), errors);
  if (device.networkData) validateNetworkData(device.networkData, path.child("networkData"), errors);
}

function validateNetworkData(data: NonNullable<AllocatedDeviceStatus["networkData"]>, path: FieldPath, errors: Errors): void {
  const { interfaceName = "", hardwareAddress = "" } = data;
  if (byteLength(interfaceName) > MAX_INTERFACE_NAME_BYTES) errors.push(tooLong(path.child("interfaceName"), MAX_INTERFACE_NAME_BYTES));
  if (byteLength(hardwareAddress) > MAX_HARDWARE_ADDRESS_BYTES) errors.push(tooLong(path.child("hardwareAddress"), MAX_HARDWARE_ADDRESS_BYTES));
  validateSet(data.ips, MAX_IPS, validateInterfaceAddress, (ip) => ip, path.child("ips"), errors);
}
