import { duplicate, invalid, notSupported, notSupportedInOrder, required } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity } from "../../wire.ts";
import { type Errors, immutable, invalidEach, nonNegative } from "../common.ts";
import { equalJson, semanticEqual } from "../equality.ts";
import { internalJson } from "../internal-json.ts";
import { validateLabelSelector } from "../labels.ts";
import { byteLength, nameIsDnsSubdomain, qualifiedName } from "../names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateNonNegativeQuantity } from "../resources.ts";
import { validateCsiDriverName } from "../volume-sources.ts";
import { selectorValue } from "../workload-selector.ts";

type DriverSpec = NonNullable<CSIDriver["spec"]>;
type NodeDriver = NonNullable<CSINode["spec"]>["drivers"][number];

const SPEC = fieldPath("spec");
const MIN_TOKEN_S = 600;
const MAX_TOKEN_S = 2 ** 32;
const MIN_UPDATE_S = 10;
const MAX_NODE_ID_BYTES = 256;
const fsGroupPolicies = ["ReadWriteOnceWithFSType", "File", "None"];
const lifecycleModes = ["Persistent", "Ephemeral"];

export function validateCsiDriver(driver: CSIDriver): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(driver.metadata, false, nameIsDnsSubdomain, errors);
  validateDriverSpec(driver.spec ?? {}, errors);
  return errors;
}

function validateDriverSpec(spec: DriverSpec, errors: Errors): void {
  if (spec.attachRequired === undefined) errors.push(required(SPEC.child("attachedRequired")));
  if (spec.podInfoOnMount === undefined) errors.push(required(SPEC.child("podInfoOnMount")));
  if (spec.storageCapacity === undefined) errors.push(required(SPEC.child("storageCapacity")));
  const policy = spec.fsGroupPolicy;
  if (policy === undefined) errors.push(required(SPEC.child("fsGroupPolicy")));
  else if (!fsGroupPolicies.includes(policy)) errors.push(notSupported(SPEC.child("fsGroupPolicy"), policy, fsGroupPolicies));
  validateTokenRequests(spec.tokenRequests ?? [], SPEC.child("tokenRequests"), errors);
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.includes(mode)) errors.push(notSupportedInOrder(SPEC.child("volumeLifecycleModes"), mode, lifecycleModes));
  }
  if (spec.seLinuxMount === undefined) errors.push(required(SPEC.child("seLinuxMount")));
  const period_s = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period_s !== undefined && period_s < MIN_UPDATE_S) errors.push(invalid(SPEC.child("nodeAllocatableUpdatePeriodSeconds"), period_s, `must be greater than or equal to ${MIN_UPDATE_S} seconds`));
  const inSecrets = spec.serviceAccountTokenInSecrets;
  if (inSecrets !== undefined && !spec.tokenRequests?.length) errors.push(invalid(SPEC.child("serviceAccountTokenInSecrets"), inSecrets, "serviceAccountTokenInSecrets is set but no tokenRequests are specified"));
}

function validateTokenRequests(requests: NonNullable<DriverSpec["tokenRequests"]>, path: FieldPath, errors: Errors): void {
  const audiences = new Set<string>();
  requests.forEach(({ audience = "", expirationSeconds }, i) => {
    const at = path.index(i);
    if (audiences.has(audience)) errors.push(duplicate(at.child("audience"), audience));
    else if (expirationSeconds !== undefined) {
      if (expirationSeconds < MIN_TOKEN_S) errors.push(invalid(at.child("expirationSeconds"), expirationSeconds, "may not specify a duration less than 10 minutes"));
      if (expirationSeconds > MAX_TOKEN_S) errors.push(invalid(at.child("expirationSeconds"), expirationSeconds, "may not specify a duration larger than 2^32 seconds"));
    }
    audiences.add(audience);
  });
}

export function validateCsiDriverUpdate(driver: CSIDriver, old: CSIDriver): Errors {
  const errors: Errors = [];
  const spec = driver.spec ?? {};
  validateCoreObjectMetaUpdate(driver.metadata, old.metadata, errors);
  validateDriverSpec(spec, errors);
  immutable(spec.attachRequired === old.spec?.attachRequired, spec.attachRequired, SPEC.child("attachedRequired"), errors);
  immutable(equalJson(spec.volumeLifecycleModes ?? [], old.spec?.volumeLifecycleModes ?? []), spec.volumeLifecycleModes, SPEC.child("volumeLifecycleModes"), errors);
  return errors;
}

export function validateCsiNode(node: CSINode): Errors {
  const errors: Errors = [];
  const names = new Set<string>();
  validateCoreObjectMeta(node.metadata, false, nameIsDnsSubdomain, errors);
  node.spec?.drivers?.forEach((driver, i) => {
    validateNodeDriver(driver, names, SPEC.child("drivers").index(i), errors);
  });
  return errors;
}

function validateNodeDriver(driver: NodeDriver, names: Set<string>, path: FieldPath, errors: Errors): void {
  validateCsiDriverName(driver.name, path.child("name"), errors);
  if (!driver.nodeID) errors.push(required(path.child("nodeID")));
  else if (byteLength(driver.nodeID) > MAX_NODE_ID_BYTES) errors.push(invalid(path.child("nodeID"), driver.nodeID, `must be ${MAX_NODE_ID_BYTES} characters or less`));
  if (driver.allocatable) nonNegative(driver.allocatable.count, path.child("allocatable"), "count", errors);
  if (names.has(driver.name)) errors.push(duplicate(path.child("name"), driver.name));
  names.add(driver.name);
  const keys = new Set<string>();
  for (const key of driver.topologyKeys ?? []) {
    if (key === "") errors.push(required(path));
    if (keys.has(key)) errors.push(duplicate(path, key));
    keys.add(key);
    invalidEach(qualifiedName(key), key, path, errors);
  }
}

/** A driver on a node comes and goes; while it is there only how many volumes it takes may change. */
export function validateCsiNodeUpdate(node: CSINode, old: CSINode): Errors {
  const errors = validateCsiNode(node);
  const definition = "io.k8s.api.storage.v1.CSINodeDriver";
  for (const before of old.spec?.drivers ?? []) {
    for (const driver of node.spec?.drivers ?? []) {
      if (driver.name !== before.name) continue;
      const fixed = { name: driver.name, nodeID: driver.nodeID, topologyKeys: driver.topologyKeys };
      const same = semanticEqual(definition, fixed, { name: before.name, nodeID: before.nodeID, topologyKeys: before.topologyKeys });
      immutable(same, internalJson(definition, fixed), SPEC.child("drivers"), errors);
    }
  }
  return errors;
}

export function validateCsiStorageCapacity(capacity: CSIStorageCapacity): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(capacity.metadata, true, nameIsDnsSubdomain, errors);
  validateLabelSelector(capacity.nodeTopology, fieldPath("nodeTopology"), errors);
  const name = capacity.storageClassName ?? "";
  invalidEach(nameIsDnsSubdomain(name, false), name, fieldPath("storageClassName"), errors);
  if (capacity.capacity !== undefined) validateNonNegativeQuantity(capacity.capacity, fieldPath("capacity"), errors);
  if (capacity.maximumVolumeSize !== undefined) validateNonNegativeQuantity(capacity.maximumVolumeSize, fieldPath("maximumVolumeSize"), errors);
  return errors;
}

export function validateCsiStorageCapacityUpdate(capacity: CSIStorageCapacity, old: CSIStorageCapacity): Errors {
  const errors = validateCsiStorageCapacity(capacity);
  validateCoreObjectMetaUpdate(capacity.metadata, old.metadata, errors);
  const [now, before] = [capacity.nodeTopology, old.nodeTopology];
  const same = (now === undefined) === (before === undefined) && semanticEqual("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", now, before);
  immutable(same, selectorValue(now), fieldPath("nodeTopology"), errors);
  immutable((capacity.storageClassName ?? "") === (old.storageClassName ?? ""), capacity.storageClassName ?? "", fieldPath("storageClassName"), errors);
  return errors;
}
