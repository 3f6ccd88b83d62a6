import { amountOf } from "../../api/placement/amounts.ts";
import { deviceIndices } from "../../api/placement/devices.ts";
import { podRequests } from "../../api/placement/pod-requests.ts";
import type { CSINode, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from "../../api/wire.ts";
import { matchesTerm } from "./reference-filters.ts";

/** What naive rules about devices and volumes look at. */
export interface PlainStorage {
  readonly nodes: readonly Node[];
  /** Bound pods; those with devices have their indices in the annotation. */
  readonly pods: readonly Pod[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  readonly csiNodes: readonly CSINode[];
}

const ZONE = "topology.kubernetes.io/zone";

/** Slow and plain: room, devices and volumes, each asked directly of the objects. */
export function fitsStorage(pod: Pod, node: Node, world: PlainStorage): boolean {
  const claims = claimsOf(pod);
  return hasRoom(pod, node, world) && hasDevices(pod, node, world) && claims.every((name) => claimFits(name, node, world)) && hasSole(claims, world) && withinLimits(claims, node, world) && disksFree(pod, node, world);
}

function on(node: Node, { pods }: PlainStorage): Pod[] {
  return pods.filter((other) => other.spec?.nodeName === node.metadata.name);
}

function claimsOf(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

function hasRoom(pod: Pod, node: Node, world: PlainStorage): boolean {
  return Object.entries(podRequests(pod).amounts).every(([name, wanted]) => {
    if (name === "berth.dev/gpu-milli") return true;
    const held = on(node, world).reduce((sum, other) => sum + (podRequests(other).amounts[name] ?? 0), 0);
    return held + wanted <= amountOf(name, node.status?.allocatable?.[name]);
  });
}

/** Thousandths of one device, and of how many devices. */
function deviceRequest(pod: Pod): { readonly milli: number; readonly count: number } {
  const { "nvidia.com/gpu": whole = 0, "berth.dev/gpu-milli": milli = 0 } = podRequests(pod).amounts;
  if (whole > 0) return { milli: 1000, count: whole };
  return milli >= 1000 ? { milli: 1000, count: Math.ceil(milli / 1000) } : { milli, count: milli > 0 ? 1 : 0 };
}

function hasDevices(pod: Pod, node: Node, world: PlainStorage): boolean {
  const { milli, count } = deviceRequest(pod);
  if (count === 0) return true;
  const devices = amountOf("nvidia.com/gpu", node.status?.allocatable?.["nvidia.com/gpu"]);
  let found = 0;
  for (let index = 0; index < devices; index++) {
    const used = on(node, world).reduce((sum, other) => sum + (deviceIndices(other.metadata.annotations)?.includes(index) ? deviceRequest(other).milli : 0), 0);
    if (1000 - used >= milli) found++;
  }
  return found >= count;
}

function reaches(volume: PersistentVolume, node: Node): boolean {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

function inZone(volume: PersistentVolume, node: Node): boolean {
  const wanted = volume.metadata.labels?.[ZONE];
  const zone = node.metadata.labels?.[ZONE];
  return wanted === undefined || zone === undefined || wanted.split("__").includes(zone);
}

function claimFits(name: string, node: Node, { claims, volumes, classes }: PlainStorage): boolean {
  const claim = claims.find((one) => one.metadata.name === name);
  if (claim === undefined) return false;
  if (claim.spec?.volumeName) {
    const volume = volumes.find((one) => one.metadata.name === claim.spec!.volumeName);
    return volume !== undefined && reaches(volume, node) && inZone(volume, node);
  }
  const storageClass = classes.find((one) => one.metadata.name === claim.spec?.storageClassName);
  if (storageClass?.volumeBindingMode !== "WaitForFirstConsumer") return false;
  const free = volumes.some((volume) => volume.spec?.claimRef === undefined && volume.spec?.storageClassName === claim.spec?.storageClassName && bytes(volume) >= wantedBytes(claim) && reaches(volume, node));
  if (free) return true;
  if (storageClass.provisioner === "kubernetes.io/no-provisioner") return false;
  const allowed = storageClass.allowedTopologies?.flatMap((term) => term.matchLabelExpressions ?? []) ?? [];
  return allowed.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? ""));
}

function bytes(volume: PersistentVolume): number {
  return amountOf("storage", volume.spec?.capacity?.["storage"]);
}

function wantedBytes(claim: PersistentVolumeClaim): number {
  return amountOf("storage", claim.spec?.resources?.requests?.["storage"]);
}

function hasSole(claims: readonly string[], world: PlainStorage): boolean {
  return claims.every((name) => {
    const claim = world.claims.find((one) => one.metadata.name === name);
    return !claim?.spec?.accessModes?.includes("ReadWriteOncePod") || !world.pods.some((other) => claimsOf(other).includes(name));
  });
}

/** The CSI driver and volume that a claim stands for. */
function attachment(name: string, { claims, volumes, classes }: PlainStorage): readonly [driver: string, volume: string] | undefined {
  const claim = claims.find((one) => one.metadata.name === name);
  const volume = volumes.find((one) => one.metadata.name === claim?.spec?.volumeName);
  if (volume !== undefined) return volume.spec?.csi === undefined ? undefined : [volume.spec.csi.driver, volume.spec.csi.volumeHandle];
  const provisioner = classes.find((one) => one.metadata.name === claim?.spec?.storageClassName)?.provisioner;
  return provisioner === undefined ? undefined : [provisioner, `claim ${name}`];
}

/** Volumes of one driver that the claims stand for. */
function attached(claims: readonly string[], driver: string, world: PlainStorage): string[] {
  return claims.flatMap((name) => {
    const found = attachment(name, world);
    return found?.[0] === driver ? [found[1]] : [];
  });
}

function withinLimits(claims: readonly string[], node: Node, world: PlainStorage): boolean {
  const limits = world.csiNodes.find((one) => one.metadata.name === node.metadata.name)?.spec?.drivers ?? [];
  return limits.every(({ name: driver, allocatable }) => {
    const held = new Set(on(node, world).flatMap((other) => attached(claimsOf(other), driver, world)));
    const added = new Set(attached(claims, driver, world).filter((volume) => !held.has(volume)));
    return added.size === 0 || allocatable?.count === undefined || held.size + added.size <= allocatable.count;
  });
}

function disksFree(pod: Pod, node: Node, world: PlainStorage): boolean {
  const disksOf = (one: Pod) => (one.spec?.volumes ?? []).flatMap((volume) => volume.rbd ?? []);
  return !on(node, world).some((other) => disksOf(other).some((used) => disksOf(pod).some((disk) => disk.image === used.image && !(disk.readOnly && used.readOnly))));
}
