import { forbidden, required } from "../status/field-error.ts";
import type { FieldPath } from "../status/field-path.ts";
import type { PersistentVolume } from "../wire.ts";
import { type Errors, invalidEach, pathWithoutBacksteps } from "./common.ts";
import { dns1123Label, nameIsDnsSubdomain } from "./names.ts";
import * as sources from "./volume-sources.ts";

type Spec = NonNullable<PersistentVolume["spec"]>;
type SecretReference = { name?: string; namespace?: string };

/** One rule for each source, in Kubernetes' order. `at` is the path of the source. */
type Rules = { readonly [K in keyof Spec]?: (source: NonNullable<Spec[K]>, at: FieldPath, errors: Errors, name: string) => void };

const rules: Rules = {
  hostPath: sources.validateHostPath,
  gcePersistentDisk: sources.validateGcePersistentDisk,
  awsElasticBlockStore: sources.validateAwsElasticBlockStore,
  glusterfs(source, at, errors) {
    sources.validateGlusterfs(source, at, errors);
    const namespace = source.endpointsNamespace;
    if (namespace !== undefined) invalidEach(dns1123Label(namespace), namespace, at.child("endpointsNamespace"), errors);
  },
  flocker: sources.validateFlocker,
  nfs: sources.validateNfs,
  rbd: sources.validateRbd,
  quobyte: sources.validateQuobyte,
  cephfs: sources.validateCephFs,
  iscsi: (source, at, errors, name) => sources.validateIscsi(source, at, errors, name),
  cinder: (source, at, errors) => sources.validateCinder(source, at, errors, true),
  fc: sources.validateFc,
  flexVolume: sources.validateFlexVolume,
  azureFile: sources.validateAzureFile,
  vsphereVolume: sources.validateVsphere,
  photonPersistentDisk: sources.validatePhoton,
  portworxVolume: sources.validatePortworx,
  azureDisk: sources.validateAzureDisk,
  scaleIO: sources.validateScaleIo,
  local(source, at, errors) {
    if (!source.path) errors.push(required(at.child("path")));
    else pathWithoutBacksteps(source.path, at.child("path"), errors);
  },
  storageos: (source, at, errors) => sources.validateStorageOs(source, at, errors, true),
  csi: validateCsi,
};

function validateCsi(source: NonNullable<Spec["csi"]>, at: FieldPath, errors: Errors): void {
  sources.validateCsiDriverName(source.driver, at.child("driver"), errors);
  if (!source.volumeHandle) errors.push(required(at.child("volumeHandle")));
  for (const field of ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"] as const) {
    const secret = source[field];
    if (secret) validateSecretReference(secret, at.child(field), errors);
  }
}

function validateSecretReference(secret: SecretReference, path: FieldPath, errors: Errors): void {
  if (!secret.name) errors.push(required(path.child("name")));
  else invalidEach(nameIsDnsSubdomain(secret.name, false), secret.name, path.child("name"), errors);
  if (!secret.namespace) errors.push(required(path.child("namespace")));
  else invalidEach(dns1123Label(secret.namespace), secret.namespace, path.child("namespace"), errors);
}

/** The volume has exactly one source, and it is sound. `name` is the volume's. */
export function validateVolumeSource(spec: Spec, name: string, path: FieldPath, errors: Errors): void {
  let found = false;
  for (const key of Object.keys(rules) as (keyof Rules)[]) {
    const source = spec[key];
    if (source === undefined) continue;
    // Of all sources, Kubernetes lets this one stand beside another.
    if (found && key !== "flexVolume") errors.push(sources.moreThanOne(path.child(key === "cephfs" ? "cephFS" : key)));
    else {
      const rule = rules[key] as (source: unknown, at: FieldPath, errors: Errors, name: string) => void;
      rule(source, path.child(key === "gcePersistentDisk" ? "persistentDisk" : key), errors, name);
      if (key === "local" && !spec.nodeAffinity) errors.push(required(path.child("nodeAffinity"), "Local volume requires node affinity"));
    }
    found = true;
  }
  if (!found) errors.push(required(path, "must specify a volume type"));
  if (spec.hostPath && cleanPath(spec.hostPath.path ?? "") === "/" && spec.persistentVolumeReclaimPolicy === "Recycle") {
    errors.push(forbidden(path.child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"));
  }
}

/** "/" for any spelling of the root. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return path.startsWith("/") ? `/${parts.join("/")}` : parts.join("/");
}
