import { pathSegmentName } from "../../api/validation/names.ts";
import { forbidden } from "../../api/status/errors.ts";
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from "../../api/wire.ts";
import { nameSuffix, type Random } from "../../lib/random.ts";
import { deepFreeze } from "../registry/cached-object.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";

const PODS = { group: "", resource: "pods" };
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
const VOLUME_PREFIX = "kube-api-access-";
/** A little more than an hour: by this number the API server knows an agent's own request. */
const TOKEN_SECONDS = 3_607;

/** Gives pods their ServiceAccount, its pull secrets and the volume with its token, the cluster's CA and the namespace. */
export function serviceAccountAdmission(accounts: KindCache, fresh: () => Promise<unknown>, random: Random): AdmissionPlugin {
  const isNewPod = ({ kind, subresource, operation }: AdmissionRequest) => kind.entry.kind === "Pod" && subresource === "" && operation === "CREATE";
  return {
    name: "ServiceAccount",
    stamp(request) {
      if (!isNewPod(request)) return NOTHING_ELSE;
      const { metadata, spec } = request.object as Pod;
      return metadata.annotations?.[MIRROR_ANNOTATION] === undefined ? accounts.get(`${request.namespace}/${spec?.serviceAccountName || "default"}`) : undefined;
    },
    admit(request) {
      if (!isNewPod(request)) return undefined;
      const pod = request.object as Pod;
      const { spec } = pod;
      if (spec === undefined) return undefined;
      if (pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return checkMirrorPod(pod, request);
      spec.serviceAccountName ||= "default";
      spec.serviceAccount = spec.serviceAccountName;
      const name = spec.serviceAccountName;
      const found = accounts.get(`${request.namespace}/${name}`);
      if (found !== undefined) return give(request, spec, found.object() as ServiceAccount, random);
      return fresh().then(() => give(request, spec, lookUp(accounts, request, name), random));
    },
  };
}

function give(request: AdmissionRequest, spec: PodSpec, account: ServiceAccount, random: Random): void {
  if (mountsToken(spec, account)) mountToken(request, spec, random);
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
}

function checkMirrorPod(pod: Pod, request: AdmissionRequest): void {
  if (pod.spec?.serviceAccountName) throw forbidden(PODS, request.name, "a mirror pod may not reference service accounts");
  if ((pod.spec?.volumes ?? []).some((volume) => volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined))) {
    throw forbidden(PODS, request.name, "a mirror pod may not use ServiceAccountToken volume projections");
  }
}

function lookUp(accounts: KindCache, request: AdmissionRequest, name: string): ServiceAccount {
  const key = `${request.namespace}/${name}`;
  const found = accounts.get(key);
  const faults = pathSegmentName(name);
  if (faults.length > 0) throw forbidden(PODS, request.name, `error looking up service account ${key}: invalid resource name ${JSON.stringify(name)}: [${faults.join(" ")}]`);
  if (found === undefined) throw forbidden(PODS, request.name, `error looking up service account ${key}: serviceaccount ${JSON.stringify(name)} not found`);
  return found.object() as ServiceAccount;
}

/** The pod's word goes before the account's; without one the token is mounted. */
function mountsToken(spec: PodSpec, account: ServiceAccount): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
}

function mountToken(request: AdmissionRequest, spec: PodSpec, random: Random): void {
  let name = "";
  let places = 1;
  for (const list of [spec.initContainers, spec.containers]) {
    for (const container of list ?? []) {
      if (mountsAlready(container)) continue;
      if (name === "") name = tokenVolumeName(random);
      places++;
      const mount = { name, readOnly: true, mountPath: MOUNT_PATH };
      if (container.volumeMounts === undefined) container.volumeMounts = [mount];
      else container.volumeMounts.push(mount);
    }
  }
  if (name === "") return;
  request.chosen = { name, places, another: () => tokenVolumeName(random) };
  const volume: Volume = { name, projected: TOKEN_SOURCES };
  if (spec.volumes === undefined) spec.volumes = [volume];
  else spec.volumes.push(volume);
}

/** One flat string: what is put together by + is printed more slowly. */
function tokenVolumeName(random: Random): string {
  return [VOLUME_PREFIX, nameSuffix(random)].join("");
}

function mountsAlready({ volumeMounts }: Container): boolean {
  if (volumeMounts !== undefined) for (const { mountPath } of volumeMounts) if (mountPath === MOUNT_PATH) return true;
  return false;
}

/** The same for all pods. */
const TOKEN_SOURCES: NonNullable<Volume["projected"]> = deepFreeze({
  defaultMode: 0o644,
  sources: [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
  ],
});
