import { quantityValue } from "../../api/quantity.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import { compileNodeSelector } from "../../api/selector/node-selector.ts";
import type { PersistentVolume, StorageClass } from "../../api/wire.ts";
import type { NodeState } from "../snapshot/node-state.ts";
import { classNameOf, type DelayedClaim } from "./claims.ts";
import type { VolumeIndex } from "./volume-index.ts";

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

function bytesOf(text: string | undefined): number {
  try {
    return quantityValue(text ?? "0");
  } catch {
    return 0;
  }
}

/** Whether the volume can be reached from the node. */
export function reaches(volume: PersistentVolume, node: NodeState): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || compileNodeSelector(required)(node);
}

/** The smallest free volume that suits the claim and is reachable from the node; `taken`: names already given away. */
export function findVolume({ key, claim }: DelayedClaim, node: NodeState, index: VolumeIndex, taken: ReadonlySet<string>): PersistentVolume | undefined {
  const wanted_bytes = bytesOf(claim.spec?.resources?.requests?.["storage"]);
  const selector = claim.spec?.selector === undefined ? undefined : matcherOf(claim.spec.selector);
  let best: PersistentVolume | undefined;
  for (const volume of index.volumes.values()) {
    const { spec } = volume;
    const name = volume.metadata.name ?? "";
    const owner = spec?.claimRef;
    const reserved = owner !== undefined && `${owner.namespace}/${owner.name}` === key && (!owner.uid || owner.uid === claim.metadata.uid);
    if ((owner !== undefined && !reserved) || taken.has(name) || volume.metadata.deletionTimestamp) continue;
    if ((spec?.storageClassName ?? "") !== classNameOf(claim) || (spec?.volumeMode ?? "Filesystem") !== (claim.spec?.volumeMode ?? "Filesystem")) continue;
    if (!(claim.spec?.accessModes ?? []).every((mode) => spec?.accessModes?.includes(mode))) continue;
    if (selector !== undefined && !selector.matches(volume.metadata.labels)) continue;
    if (bytesOf(spec?.capacity?.["storage"]) < wanted_bytes || !reaches(volume, node)) continue;
    if (reserved) return volume;
    if (best === undefined || bytesOf(spec?.capacity?.["storage"]) < bytesOf(best.spec?.capacity?.["storage"])) best = volume;
  }
  return best;
}

/** Why no volume could be made for the claim on the node; undefined: one can. */
export function cannotProvision({ claim, storageClass }: DelayedClaim, node: NodeState, index: VolumeIndex): "class" | "space" | undefined {
  if (!storageClass.provisioner || storageClass.provisioner === NO_PROVISIONER) return "class";
  if (!topologyAllows(storageClass, node)) return "class";
  if (!index.drivers.get(storageClass.provisioner)?.spec?.storageCapacity) return undefined;
  return hasCapacity(storageClass, node, bytesOf(claim.spec?.resources?.requests?.["storage"]), index) ? undefined : "space";
}

function topologyAllows(storageClass: StorageClass, node: NodeState): boolean {
  const terms = storageClass.allowedTopologies ?? [];
  if (terms.length === 0) return true;
  return terms.some((term) => (term.matchLabelExpressions ?? []).every(({ key, values }) => Object.hasOwn(node.labels, key) && values.includes(node.labels[key]!)));
}

/** CSIStorageCapacity (KEP-1472): some pool of the class that the node can reach has room. */
function hasCapacity(storageClass: StorageClass, node: NodeState, wanted_bytes: number, index: VolumeIndex): boolean {
  for (const capacity of index.capacities.values()) {
    if (capacity.storageClassName !== storageClass.metadata.name) continue;
    const room = capacity.maximumVolumeSize ?? capacity.capacity;
    if (room === undefined || bytesOf(room) < wanted_bytes) continue;
    if (capacity.nodeTopology !== undefined && matcherOf(capacity.nodeTopology).matches(node.labels)) return true;
  }
  return false;
}
