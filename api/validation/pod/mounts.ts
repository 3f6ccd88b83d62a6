import { forbidden, invalid, notFound, notSupported, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { Container, VolumeMount } from "../../wire.ts";
import { type Errors, hasBackstep, localDescendingPath, optionalEnum } from "../common.ts";
import type { VolumesByName } from "./volumes.ts";

/** Where a container sees its volumes; some errors lie at the list, as Kubernetes has them. */
export function validateVolumeMounts(mounts: readonly VolumeMount[], container: Container, volumes: VolumesByName, path: FieldPath, errors: Errors): void {
  const taken = new Set<string>();
  mounts.forEach((mount, i) => {
    const at = path.index(i);
    const { name = "", mountPath = "" } = mount;
    if (!name) errors.push(required(at.child("name")));
    const volume = volumes.get(name);
    if (!volume) errors.push(notFound(at.child("name"), name));
    if (!mountPath) errors.push(required(at.child("mountPath")));
    if (taken.has(mountPath)) errors.push(invalid(at.child("mountPath"), mountPath, "must be unique"));
    taken.add(mountPath);
    for (const device of container.volumeDevices ?? []) {
      if (device.name === name) {
        errors.push(invalid(at.child("name"), name, "must not already exist in volumeDevices"));
        break;
      }
    }
    if (container.volumeDevices?.some((device) => device.devicePath === mountPath)) errors.push(invalid(at.child("mountPath"), mountPath, "must not already exist as a path in volumeDevices"));
    validateSubPaths(mount, at, path, errors);
    if (mount.mountPropagation !== undefined) validatePropagation(mount.mountPropagation, container, path, errors);
    if (mount.recursiveReadOnly !== undefined) validateRecursiveReadOnly(mount, path.child("recursiveReadOnly"), errors);
  });
}

function validateSubPaths(mount: VolumeMount, at: FieldPath, list: FieldPath, errors: Errors): void {
  if (mount.subPath) localDescendingPath(mount.subPath, list.child("subPath"), errors);
  if (!mount.subPathExpr) return;
  if (mount.subPath) errors.push(invalid(at.child("subPathExpr"), mount.subPathExpr, "subPathExpr and subPath are mutually exclusive"));
  localDescendingPath(mount.subPathExpr, list.child("subPathExpr"), errors);
}

function validatePropagation(mode: string, container: Container, path: FieldPath, errors: Errors): void {
  optionalEnum(mode, ["Bidirectional", "HostToContainer", "None"], path, "mountPropagation", errors);
  if (mode === "Bidirectional" && !container.securityContext?.privileged) {
    errors.push(forbidden(path.child("mountPropagation"), "Bidirectional mount propagation is available only to privileged containers"));
  }
}

function validateRecursiveReadOnly(mount: VolumeMount, path: FieldPath, errors: Errors): void {
  const mode = mount.recursiveReadOnly ?? "";
  if (mode === "Disabled") return;
  if (mode !== "Enabled" && mode !== "IfPossible") {
    errors.push(notSupported(path, mode, ["Disabled", "IfPossible", "Enabled"]));
    return;
  }
  if (!mount.readOnly) errors.push(forbidden(path, "may only be specified when readOnly is true"));
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== "None") errors.push(forbidden(path, "may only be specified when mountPropagation is None or not specified"));
}

/** Raw block devices of a container. */
export function validateVolumeDevices(container: Container, volumes: VolumesByName, path: FieldPath, errors: Errors): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  container.volumeDevices?.forEach((device, i) => {
    const at = path.index(i);
    const { name = "", devicePath = "" } = device;
    const volume = volumes.get(name);
    if (!name) errors.push(required(at.child("name")));
    if (names.has(name)) errors.push(invalid(at.child("name"), name, "must be unique"));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(invalid(at.child("name"), name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"));
    }
    if (!volume) errors.push(notFound(at.child("name"), name));
    if (!devicePath) errors.push(required(at.child("devicePath")));
    if (paths.has(devicePath)) errors.push(invalid(at.child("devicePath"), devicePath, "must be unique"));
    if (hasBackstep(devicePath)) errors.push(invalid(at.child("devicePath"), devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (container.volumeMounts?.some((mount) => mount.name === name)) errors.push(invalid(at.child("name"), name, "must not already exist in volumeMounts"));
    if (container.volumeMounts?.some((mount) => mount.mountPath === devicePath)) errors.push(invalid(at.child("devicePath"), devicePath, "must not already exist as a path in volumeMounts"));
    if (name) names.add(name);
  });
}
