import { encodeTyped } from "../codec/json-encode.ts";
import { definition } from "../schema/schema.ts";
import type { SchemaType } from "../schema/types.ts";
import { RawValue } from "../status/field-error.ts";

const CORE = "io.k8s.api.core.v1.";

/** Go's names that are not just the JSON name with a capital. */
const goNames: Readonly<Record<string, string>> = {
  apiGroup: "APIGroup",
  apiGroups: "APIGroups",
  apiVersion: "APIVersion",
  apiVersions: "APIVersions",
  awsElasticBlockStore: "AWSElasticBlockStore",
  azureDisk: "AzureDisk",
  caBundle: "CABundle",
  cephfs: "CephFS",
  chapAuthDiscovery: "DiscoveryCHAPAuth",
  chapAuthSession: "SessionCHAPAuth",
  cidr: "CIDR",
  cidrs: "CIDRs",
  clusterIP: "ClusterIP",
  clusterIPs: "ClusterIPs",
  cel: "CEL",
  containerID: "ContainerID",
  csi: "CSI",
  dnsConfig: "DNSConfig",
  dnsPolicy: "DNSPolicy",
  diskURI: "DataDiskURI",
  downwardAPI: "DownwardAPI",
  externalIPs: "ExternalIPs",
  fc: "FC",
  fsGroup: "FSGroup",
  fsGroupChangePolicy: "FSGroupChangePolicy",
  fsGroupPolicy: "FSGroupPolicy",
  fsType: "FSType",
  gcePersistentDisk: "GCEPersistentDisk",
  gid: "GID",
  gmsaCredentialSpec: "GMSACredentialSpec",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  grpc: "GRPC",
  hostIP: "HostIP",
  http: "HTTP",
  httpGet: "HTTPGet",
  httpHeaders: "HTTPHeaders",
  imageID: "ImageID",
  ip: "IP",
  ipBlock: "IPBlock",
  ipFamilies: "IPFamilies",
  ipFamilyPolicy: "IPFamilyPolicy",
  ipMode: "IPMode",
  iqn: "IQN",
  ips: "IPs",
  iscsi: "ISCSI",
  iscsiInterface: "ISCSIInterface",
  jsonPatch: "JSONPatch",
  lastState: "LastTerminationState",
  nfs: "NFS",
  nodeID: "NodeID",
  nonResourceURLs: "NonResourceURLs",
  os: "OS",
  osImage: "OSImage",
  pdName: "PDName",
  podIP: "PodIP",
  qosClass: "QOSClass",
  rbd: "RBD",
  resourceURL: "ResourceURL",
  scaleIO: "ScaleIO",
  seLinuxChangePolicy: "SELinuxChangePolicy",
  seLinuxMount: "SELinuxMount",
  seLinuxOptions: "SELinuxOptions",
  setHostnameAsFQDN: "SetHostnameAsFQDN",
  sslEnabled: "SSLEnabled",
  storageos: "StorageOS",
  targetWWNs: "TargetWWNs",
  tcpSocket: "TCPSocket",
  tls: "TLS",
  ttlSecondsAfterFinished: "TTLSecondsAfterFinished",
  tty: "TTY",
  uid: "UID",
  url: "URL",
  wwids: "WWIDs",
};

const rbdNames = { image: "RBDImage", monitors: "CephMonitors", pool: "RBDPool", user: "RadosUser" };
const glusterfsNames = { endpoints: "EndpointsName" };

/** Names of fields that are so in one type only. */
const typeNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [`${CORE}GlusterfsPersistentVolumeSource`]: glusterfsNames,
  [`${CORE}GlusterfsVolumeSource`]: glusterfsNames,
  [`${CORE}NodeSpec`]: { externalID: "DoNotUseExternalID" },
  [`${CORE}RBDPersistentVolumeSource`]: rbdNames,
  [`${CORE}RBDVolumeSource`]: rbdNames,
  "io.k8s.api.resource.v1.DeviceAttribute": {
    bool: "BoolValue",
    bools: "BoolValues",
    int: "IntValue",
    ints: "IntValues",
    string: "StringValue",
    strings: "StringValues",
    version: "VersionValue",
    versions: "VersionValues",
  },
};

const volumeSources =
  "hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd quobyte flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos csi ephemeral image";
const persistentSources =
  "gcePersistentDisk awsElasticBlockStore hostPath glusterfs nfs rbd quobyte iscsi flexVolume cinder cephfs fc flocker azureFile vsphereVolume azureDisk photonPersistentDisk portworxVolume scaleIO local storageos csi";

/** Fields of the internal types whose order is not the versioned type's. */
const internalOrders: Readonly<Record<string, readonly string[]>> = {
  [`${CORE}Volume`]: `name ${volumeSources}`.split(" "),
  [`${CORE}PodSpec`]:
    "volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName securityContext imagePullSecrets hostname subdomain setHostnameAsFQDN affinity schedulerName tolerations hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates runtimeClassName overhead enableServiceLinks topologySpreadConstraints os schedulingGates resourceClaims resources hostnameOverride schedulingGroup".split(
      " ",
    ),
  [`${CORE}PodSecurityContext`]:
    "seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup fsGroupChangePolicy sysctls seccompProfile appArmorProfile seLinuxChangePolicy".split(" "),
  [`${CORE}PersistentVolumeSpec`]:
    `capacity ${persistentSources} accessModes claimRef persistentVolumeReclaimPolicy storageClassName mountOptions volumeMode nodeAffinity volumeAttributesClassName`.split(" "),
};

/** Fields that may be absent in the versioned type and are plain values in the internal one. */
const internalValues: Readonly<Record<string, readonly string[]>> = {
  "io.k8s.api.apps.v1.RollingUpdateDeployment": ["maxUnavailable", "maxSurge"],
  "io.k8s.api.apps.v1.RollingUpdateDaemonSet": ["maxUnavailable", "maxSurge"],
  "io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy": ["partition"],
};

/** The part of a PersistentVolume's spec that says where the volume is. */
export const PERSISTENT_VOLUME_SOURCES: readonly string[] = persistentSources.split(" ");

/** Spec fields that Kubernetes keeps in the internal security context: null or zero when unset. */
const podContextFields: readonly (readonly [name: string, unset: false | null])[] = [
  ["hostNetwork", false],
  ["hostPID", false],
  ["hostIPC", false],
  ["shareProcessNamespace", null],
  ["hostUsers", null],
];

/**
 * The value as Kubernetes prints it inside a message where it prints its internal type: Go's field names, every field written,
 * null for what is unset. `name` is the definition of the versioned type; apimachinery's own types keep their JSON names.
 */
export function internalJson(name: string, value: unknown): RawValue {
  return new RawValue(goEscape(JSON.stringify(internalForm(name, value))));
}

/** The same for a list of such values. */
export function internalJsonList(name: string, values: readonly unknown[]): RawValue {
  return new RawValue(goEscape(JSON.stringify(values.map((value) => internalForm(name, value)))));
}

/** The same as lines, for a diff: indented by one blank. */
export function internalLines(form: unknown): string[] {
  return goEscape(JSON.stringify(form, undefined, 1)).split("\n");
}

/** The value with the internal type's fields. */
export function internalForm(name: string, value: unknown): unknown {
  return convert({ type: "object", definition: name }, false, value);
}

/** A value as Go's JSON writes it, with the names that it has. */
export function goJson(value: unknown): RawValue {
  return new RawValue(goEscape(JSON.stringify(value)));
}

/** Go's JSON writes these characters as escapes. */
function goEscape(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function goName(name: string): string {
  return goNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function convert(type: SchemaType, pointer: boolean, value: unknown): unknown {
  if ((value === undefined || value === null) && (pointer || type.type === "list" || type.type === "map")) return null;
  switch (type.type) {
    case "object":
      if (type.definition.includes(".apimachinery.")) return value ?? {};
      return convertObject(type.definition, (value ?? {}) as Record<string, unknown>);
    case "list":
      return (value as unknown[]).map((item) => convert(type.items, false, item));
    case "map":
      return convertMap(value as Record<string, unknown>, type.values);
    case "string":
      return value ?? "";
    case "quantity":
      return value ?? "0";
    case "boolean":
      return value ?? false;
    case "integer":
    case "intOrString":
    case "double":
      return typeof value === "bigint" ? Number(value) : (value ?? 0);
    default:
      return value ?? null;
  }
}

function convertMap(map: Record<string, unknown>, values: SchemaType): Record<string, unknown> {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, convert(values, false, item)]));
}

function convertObject(name: string, value: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const { fields, kind } = definition(name);
  const order = internalOrders[name];
  const ordered = order === undefined ? fields : order.flatMap((field) => fields.find((known) => known.name === field) ?? []);
  for (const field of ordered) {
    if (kind !== undefined && (field.name === "kind" || field.name === "apiVersion")) continue;
    const pointer = field.pointer && internalValues[name]?.includes(field.name) !== true;
    const converted = convert(field.type, pointer, value[field.name]);
    if (field.name === "metadata" && field.type.type === "object") {
      // The internal type takes the metadata's fields into itself.
      Object.assign(result, converted);
      continue;
    }
    result[typeNames[name]?.[field.name] ?? goName(field.name)] = name === `${CORE}PodSpec` && field.name === "securityContext" ? withPodContext(converted, value) : converted;
  }
  return result;
}

function withPodContext(context: unknown, spec: Record<string, unknown>): unknown {
  if (context === null) return null;
  const shared = podContextFields.map(([name, unset]) => [goName(name), spec[name] ?? unset]);
  return { ...Object.fromEntries(shared), ...(context as object) };
}

/** A value of a versioned type in a message: fields in the type's order, maps sorted. */
export function externalJson(name: string, value: unknown): RawValue {
  return new RawValue(encodeTyped(name, value, "asGiven"));
}
