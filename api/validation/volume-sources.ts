import { forbidden, invalid, notSupported, notSupportedInOrder, required, tooLong } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { Volume } from "../wire.ts";
import { type Errors, invalidEach, localDescendingPath, optionalEnum, pathWithoutBacksteps } from "./common.ts";
import { byteLength, dns1123Label, dns1123Subdomain, rangeText } from "./names.ts";

/** Rules of the volume sources that a pod and a PersistentVolume share, one function for each. */
export type SourceRule<S> = (source: S, path: FieldPath, errors: Errors) => void;

type Source<K extends keyof Volume> = NonNullable<Volume[K]>;

const hostPathTypes = ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];

export function requireFields<S>(source: S, fields: readonly (keyof S & string)[], path: FieldPath, errors: Errors): void {
  for (const field of fields) if (!source[field]) errors.push(required(path.child(field)));
}

export const validateHostPath: SourceRule<Source<"hostPath">> = (source, path, errors) => {
  if (!source.path) {
    errors.push(required(path.child("path")));
    return;
  }
  pathWithoutBacksteps(source.path, path.child("path"), errors);
  optionalEnum(source.type, hostPathTypes, path, "type", errors);
};

export const validateGitRepo: SourceRule<Source<"gitRepo">> = (source, path, errors) => {
  requireFields(source, ["repository"], path, errors);
  localDescendingPath(source.directory ?? "", path.child("directory"), errors);
};

function validatePartition(partition: number | undefined, path: FieldPath, errors: Errors): void {
  if (partition !== undefined && (partition < 0 || partition > 255)) errors.push(invalid(path.child("partition"), partition, rangeText(1, 255)));
}

export const validateGcePersistentDisk: SourceRule<Source<"gcePersistentDisk">> = (source, path, errors) => {
  requireFields(source, ["pdName"], path, errors);
  validatePartition(source.partition, path, errors);
};

export const validateAwsElasticBlockStore: SourceRule<Source<"awsElasticBlockStore">> = (source, path, errors) => {
  requireFields(source, ["volumeID"], path, errors);
  validatePartition(source.partition, path, errors);
};

export const validateNfs: SourceRule<Source<"nfs">> = (source, path, errors) => {
  requireFields(source, ["server", "path"], path, errors);
  if (!source.path?.startsWith("/")) errors.push(invalid(path.child("path"), source.path ?? "", "must be an absolute path"));
};

interface Iscsi {
  targetPortal: string;
  iqn: string;
  lun: number;
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  secretRef?: { name?: string };
  initiatorName?: string;
}

function initiatorProblem(name: string): "prefix" | "format" | undefined {
  if (name.startsWith("iqn")) return isIqn(name) ? undefined : "format";
  if (name.startsWith("eui")) return /^eui.[0-9A-Za-z]{16}$/.test(name) ? undefined : "format";
  if (name.startsWith("naa")) return /^naa.[0-9A-Za-z]{32}$/.test(name) ? undefined : "format";
  return "prefix";
}

/** `iqn.2001-04.com.example:storage`: the date and the domain, then what the domain's owner chose. */
function isIqn(name: string): boolean {
  const colon = name.indexOf(":");
  const start = name.search(/iqn\.\d{4}-\d{2}\./);
  if (start < 0 || colon < 0) return false;
  return /^[0-9A-Za-z.-]+$/.test(name.slice(start + 12, colon)) && /^[^,;*&$|\s]+$/.test(name.slice(colon + 1));
}

/** iSCSI of a pod. Of a PersistentVolume (`pvName`), two rules say less and its secret must be named. */
export function validateIscsi(source: Iscsi, path: FieldPath, errors: Errors, pvName?: string): void {
  const short = "must be valid format";
  const long = pvName === undefined ? "must be valid format starting with iqn, eui, or naa" : short;
  requireFields(source, ["targetPortal"], path, errors);
  if (pvName !== undefined && source.initiatorName !== undefined && `${pvName}:${source.targetPortal}`.length > 64) {
    errors.push(invalid(path.child("targetportal"), source.targetPortal, TOO_LONG_PORTAL_TEXT));
  }
  if (!source.iqn) errors.push(required(path.child("iqn")));
  else if (initiatorProblem(source.iqn)) errors.push(invalid(path.child("iqn"), source.iqn, initiatorProblem(source.iqn) === "prefix" ? long : short));
  const lun = source.lun ?? 0;
  if (lun < 0 || lun > 255) errors.push(invalid(path.child("lun"), lun, rangeText(0, 255)));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) errors.push(required(path.child("secretRef")));
  if (pvName !== undefined && source.secretRef && !source.secretRef.name) errors.push(required(path.child("secretRef", "name")));
  const initiator = source.initiatorName;
  if (initiator !== undefined && initiatorProblem(initiator)) errors.push(invalid(path.child("initiatorname"), initiator, initiatorProblem(initiator) === "prefix" ? long : short));
}

export const TOO_LONG_PORTAL_TEXT = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";

export const validateGlusterfs: SourceRule<Source<"glusterfs">> = (source, path, errors) => requireFields(source, ["endpoints", "path"], path, errors);

export const validateFlocker: SourceRule<Source<"flocker">> = (source, path, errors) => {
  if (!source.datasetName && !source.datasetUUID) errors.push(required(path, "one of datasetName and datasetUUID is required"));
  if (source.datasetName && source.datasetUUID) errors.push(invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"));
  if (source.datasetName?.includes("/")) errors.push(invalid(path.child("datasetName"), source.datasetName, "must not contain '/'"));
};

/** Ceph block devices and file systems; only the former need an image. */
export function validateRbd(source: { monitors: readonly string[]; image: string }, path: FieldPath, errors: Errors): void {
  if (!source.monitors?.length) errors.push(required(path.child("monitors")));
  requireFields(source, ["image"], path, errors);
}

export function validateCephFs(source: { monitors: readonly string[] }, path: FieldPath, errors: Errors): void {
  if (!source.monitors?.length) errors.push(required(path.child("monitors")));
}

/** `namespaced`: the secret's namespace must be said too, as a PersistentVolume has none of its own. */
export function validateCinder(source: { volumeID: string; secretRef?: { name?: string; namespace?: string } }, path: FieldPath, errors: Errors, namespaced = false): void {
  requireFields(source, ["volumeID"], path, errors);
  validateSecretName(source.secretRef, path, errors, namespaced);
}

function validateSecretName(secret: { name?: string; namespace?: string } | undefined, path: FieldPath, errors: Errors, namespaced: boolean): void {
  if (!secret) return;
  if (!secret.name) errors.push(required(path.child("secretRef", "name")));
  if (namespaced && !secret.namespace) errors.push(required(path.child("secretRef", "namespace")));
}

export const validateQuobyte: SourceRule<Source<"quobyte">> = (source, path, errors) => {
  const text = "must be a host:port pair or multiple pairs separated by commas";
  if (!source.registry) errors.push(required(path.child("registry"), text));
  else if ((source.tenant ?? "").length >= 65) errors.push(required(path.child("tenant"), "must be a UUID and may not exceed a length of 64 characters"));
  else for (const pair of source.registry.split(",")) if (!isHostPort(pair)) errors.push(invalid(path.child("registry"), source.registry, text));
  requireFields(source, ["volume"], path, errors);
};

/** `host:port` or `[v6]:port`, after Go's net.SplitHostPort. */
function isHostPort(pair: string): boolean {
  const colon = pair.lastIndexOf(":");
  if (colon < 0) return false;
  const host = pair.slice(0, colon);
  if (host.startsWith("[")) return host.endsWith("]") && !/[[\]]/.test(host.slice(1, -1));
  return !/[:[\]]/.test(host);
}

export const validateFc: SourceRule<Source<"fc">> = (source, path, errors) => {
  const names = source.targetWWNs ?? [];
  const ids = source.wwids ?? [];
  if (names.length === 0 && ids.length === 0) errors.push(required(path.child("targetWWNs"), "must specify either targetWWNs or wwids, but not both"));
  if (names.length > 0 && ids.length > 0) errors.push(invalid(path.child("targetWWNs"), names, "targetWWNs and wwids can not be specified simultaneously"));
  if (names.length === 0) return;
  if (source.lun === undefined) errors.push(required(path.child("lun"), "lun is required if targetWWNs is specified"));
  else if (source.lun < 0 || source.lun > 255) errors.push(invalid(path.child("lun"), source.lun, rangeText(0, 255)));
};

export function validateFlexVolume(source: { driver: string; options?: { [key: string]: string } }, path: FieldPath, errors: Errors): void {
  requireFields(source, ["driver"], path, errors);
  for (const key of Object.keys(source.options ?? {})) {
    const domain = `.${(key.split("/", 1)[0] ?? "").toLowerCase()}`;
    if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io")) errors.push(invalid(path.child("options").key(key), key, "kubernetes.io and k8s.io namespaces are reserved"));
  }
}

export function validateAzureFile(source: { secretName: string; shareName: string; secretNamespace?: string }, path: FieldPath, errors: Errors): void {
  requireFields(source, ["secretName", "shareName"], path, errors);
  if (source.secretNamespace === "") errors.push(required(path.child("secretNamespace")));
}

export const validateAzureDisk: SourceRule<Source<"azureDisk">> = (source, path, errors) => {
  requireFields(source, ["diskName", "diskURI"], path, errors);
  optionalEnum(source.cachingMode, ["None", "ReadOnly", "ReadWrite"], path, "cachingMode", errors);
  optionalEnum(source.kind, ["Shared", "Dedicated", "Managed"], path, "kind", errors);
  const uri = source.diskURI ?? "";
  const managed = source.kind === "Managed";
  if (managed && !uri.startsWith("/subscriptions/")) {
    errors.push(notSupportedInOrder(path.child("diskURI"), uri, ["/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"]));
  }
  if (source.kind !== undefined && !managed && !uri.startsWith("https://")) {
    errors.push(notSupported(path.child("diskURI"), uri, ["https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"]));
  }
};

export const validateVsphere: SourceRule<Source<"vsphereVolume">> = (source, path, errors) => requireFields(source, ["volumePath"], path, errors);
export const validatePhoton: SourceRule<Source<"photonPersistentDisk">> = (source, path, errors) => requireFields(source, ["pdID"], path, errors);
export const validatePortworx: SourceRule<Source<"portworxVolume">> = (source, path, errors) => requireFields(source, ["volumeID"], path, errors);

export function validateScaleIo(source: { gateway: string; system: string; volumeName?: string }, path: FieldPath, errors: Errors): void {
  requireFields(source, ["gateway", "system", "volumeName"], path, errors);
}

export function validateStorageOs(source: { volumeName?: string; volumeNamespace?: string; secretRef?: { name?: string; namespace?: string } }, path: FieldPath, errors: Errors, namespaced = false): void {
  if (!source.volumeName) errors.push(required(path.child("volumeName")));
  else invalidEach(dns1123Label(source.volumeName), source.volumeName, path.child("volumeName"), errors);
  if (source.volumeNamespace) invalidEach(dns1123Label(source.volumeNamespace), source.volumeNamespace, path.child("volumeNamespace"), errors);
  validateSecretName(source.secretRef, path, errors, namespaced);
}

/** A CSI driver's name: at most 63 bytes, a DNS subdomain whatever its case. */
export function validateCsiDriverName(name: string | undefined, path: FieldPath, errors: Errors): void {
  const driver = name ?? "";
  if (driver === "") {
    errors.push(required(path));
    return;
  }
  if (byteLength(driver) > 63) errors.push(tooLong(path, 63));
  invalidEach(dns1123Subdomain(driver.toLowerCase()), driver, path, errors);
}

export const MORE_THAN_ONE_TEXT = "may not specify more than 1 volume type";

export function moreThanOne(path: FieldPath): Errors[number] {
  return forbidden(path, MORE_THAN_ONE_TEXT);
}
