import { duplicate, forbidden, invalid, required } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import { goQuote } from "../../status/go-text.ts";
import type { Volume } from "../../wire.ts";
import { type Errors, invalidEach, requiredEnum } from "../common.ts";
import { dns1123Label, nameIsDnsSubdomain } from "../names.ts";
import { validateClaimTemplate } from "../persistent-volume-claim-spec.ts";
import * as sources from "../volume-sources.ts";
import type { PodOptions } from "./options.ts";
import { validateProjected } from "./projected.ts";
import { validateDownwardFile, validateItems, validateMode } from "./volume-files.ts";

/** Volumes by name: those without a fault, which are the ones that containers may mount. */
export type VolumesByName = ReadonlyMap<string, Volume>;

const NO_VOLUMES: VolumesByName = new Map();

/** Volumes of a pod. Returns those that mounts can refer to. */
export function validateVolumes(volumes: readonly Volume[] | undefined, options: PodOptions, path: FieldPath, errors: Errors): VolumesByName {
  if (!volumes || volumes.length === 0) return NO_VOLUMES;
  const byName = new Map<string, Volume>();
  volumes.forEach((volume, i) => {
    const at = path.index(i);
    const before = errors.length;
    validateVolumeSource(volume, options, at, errors);
    if (!volume.name) errors.push(required(at.child("name")));
    else invalidEach(dns1123Label(volume.name), volume.name, at.child("name"), errors);
    if (byName.has(volume.name)) errors.push(duplicate(at.child("name"), volume.name));
    if (errors.length === before) byName.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && options.podName && volumes.some((other) => other.ephemeral && `${options.podName}-${other.name}` === claim)) {
      errors.push(invalid(at.child("persistentVolumeClaim", "claimName"), claim, "must not reference a PVC that gets created for an ephemeral volume"));
    }
  });
  return byName;
}

type SourceRules = { [K in keyof Volume]?: (source: NonNullable<Volume[K]>, path: FieldPath, errors: Errors, options: PodOptions) => void };

/** In the order in which Kubernetes looks; where the place has another name in errors, it is in `errorNames`. */
const sourceRules: SourceRules = {
  emptyDir(source, path, errors) {
    if (source.sizeLimit?.startsWith("-")) errors.push(forbidden(path.child("sizeLimit"), "SizeLimit field must be a valid resource quantity"));
  },
  hostPath: sources.validateHostPath,
  gitRepo: sources.validateGitRepo,
  gcePersistentDisk: sources.validateGcePersistentDisk,
  awsElasticBlockStore: sources.validateAwsElasticBlockStore,
  secret(source, path, errors) {
    sources.requireFields(source, ["secretName"], path, errors);
    validateMode(source.defaultMode, path, "defaultMode", errors);
    validateItems(source.items, path, errors);
  },
  nfs: sources.validateNfs,
  iscsi: (source, path, errors) => sources.validateIscsi(source, path, errors),
  glusterfs: sources.validateGlusterfs,
  flocker: sources.validateFlocker,
  persistentVolumeClaim: (source, path, errors) => sources.requireFields(source, ["claimName"], path, errors),
  rbd: sources.validateRbd,
  cinder: (source, path, errors) => sources.validateCinder(source, path, errors),
  cephfs: sources.validateCephFs,
  quobyte: sources.validateQuobyte,
  downwardAPI(source, path, errors) {
    validateMode(source.defaultMode, path, "defaultMode", errors);
    for (const file of source.items ?? []) validateDownwardFile(file, path, errors);
  },
  fc: sources.validateFc,
  flexVolume: sources.validateFlexVolume,
  configMap(source, path, errors) {
    sources.requireFields(source, ["name"], path, errors);
    validateMode(source.defaultMode, path, "defaultMode", errors);
    validateItems(source.items, path, errors);
  },
  azureFile: sources.validateAzureFile,
  vsphereVolume: sources.validateVsphere,
  photonPersistentDisk: sources.validatePhoton,
  portworxVolume: sources.validatePortworx,
  azureDisk: sources.validateAzureDisk,
  storageos: (source, path, errors) => sources.validateStorageOs(source, path, errors),
  projected: validateProjected,
  scaleIO: sources.validateScaleIo,
  csi(source, path, errors) {
    sources.validateCsiDriverName(source.driver, path.child("driver"), errors);
    const secret = source.nodePublishSecretRef;
    if (secret && !secret.name) errors.push(required(path.child("nodePublishSecretRef", "name")));
    else if (secret?.name) invalidEach(nameIsDnsSubdomain(secret.name, false), secret.name, path.child("name"), errors);
  },
  ephemeral(source, path, errors) {
    if (!source.volumeClaimTemplate) errors.push(required(path.child("volumeClaimTemplate")));
    else validateClaimTemplate(source.volumeClaimTemplate, path.child("volumeClaimTemplate"), errors);
  },
  image(source, path, errors, options) {
    if (options.isPod) sources.requireFields(source, ["reference"], path, errors);
    requiredEnum(source.pullPolicy, ["Always", "IfNotPresent", "Never"], path, "pullPolicy", errors);
  },
};

const sourceNames = Object.keys(sourceRules) as (keyof SourceRules & string)[];
const errorNames: Readonly<Record<string, string>> = { gcePersistentDisk: "persistentDisk" };
const moreThanOneNames: Readonly<Record<string, string>> = { cephfs: "cephFS", downwardAPI: "downwarAPI" };

function validateVolumeSource(volume: Volume, options: PodOptions, path: FieldPath, errors: Errors): void {
  let found = false;
  for (const name of sourceNames) {
    const source = volume[name];
    if (source === undefined) continue;
    if (found) errors.push(sources.moreThanOne(path.child(moreThanOneNames[name] ?? name)));
    else {
      const rule = sourceRules[name] as (source: unknown, path: FieldPath, errors: Errors, options: PodOptions) => void;
      rule(source, path.child(errorNames[name] ?? name), errors, options);
      if (name === "ephemeral") validateClaimName(volume, options, path, errors);
    }
    found = true;
    if (name === "iscsi") validateIscsiLength(volume, path, errors);
  }
  if (!found) errors.push(required(path, "must specify a volume type"));
}

function validateIscsiLength(volume: Volume, path: FieldPath, errors: Errors): void {
  if (volume.iscsi?.initiatorName !== undefined && `${volume.name ?? ""}:${volume.iscsi.targetPortal}`.length > 64) errors.push(invalid(path.child("name"), volume.name ?? "", sources.TOO_LONG_PORTAL_TEXT));
}

/** The claim that will be made for an ephemeral volume needs a name that can be one. */
function validateClaimName(volume: Volume, options: PodOptions, path: FieldPath, errors: Errors): void {
  if (!options.podName || !volume.name) return;
  const claim = `${options.podName}-${volume.name}`;
  for (const message of nameIsDnsSubdomain(claim, false)) errors.push(invalid(path.child("name"), volume.name, `PVC name ${goQuote(claim)}: ${message}`));
}
