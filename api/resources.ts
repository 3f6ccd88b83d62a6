import type * as wire from "./wire.ts";

/** Names a resource for the client; `T` is the type of its objects. */
export interface Resource<T> {
  readonly group: string;
  readonly version: string;
  /** Plural, as in paths. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: carries T. */
  readonly object?: T;
}

function resource<T>(group: string, version: string, plural: string, kind: string, namespaced: boolean): Resource<T> {
  return { group, version, resource: plural, kind, namespaced };
}

export const namespaces = resource<wire.Namespace>("", "v1", "namespaces", "Namespace", false);
export const nodes = resource<wire.Node>("", "v1", "nodes", "Node", false);
export const pods = resource<wire.Pod>("", "v1", "pods", "Pod", true);
export const configmaps = resource<wire.ConfigMap>("", "v1", "configmaps", "ConfigMap", true);
export const secrets = resource<wire.Secret>("", "v1", "secrets", "Secret", true);
export const services = resource<wire.Service>("", "v1", "services", "Service", true);
export const endpoints = resource<wire.Endpoints>("", "v1", "endpoints", "Endpoints", true);
export const serviceaccounts = resource<wire.ServiceAccount>("", "v1", "serviceaccounts", "ServiceAccount", true);
export const coreEvents = resource<wire.CoreEvent>("", "v1", "events", "Event", true);
export const events = resource<wire.EventsEvent>("events.k8s.io", "v1", "events", "Event", true);
export const replicationcontrollers = resource<wire.ReplicationController>("", "v1", "replicationcontrollers", "ReplicationController", true);
export const deployments = resource<wire.Deployment>("apps", "v1", "deployments", "Deployment", true);
export const replicasets = resource<wire.ReplicaSet>("apps", "v1", "replicasets", "ReplicaSet", true);
export const daemonsets = resource<wire.DaemonSet>("apps", "v1", "daemonsets", "DaemonSet", true);
export const statefulsets = resource<wire.StatefulSet>("apps", "v1", "statefulsets", "StatefulSet", true);
export const controllerrevisions = resource<wire.ControllerRevision>("apps", "v1", "controllerrevisions", "ControllerRevision", true);
export const jobs = resource<wire.Job>("batch", "v1", "jobs", "Job", true);
export const cronjobs = resource<wire.CronJob>("batch", "v1", "cronjobs", "CronJob", true);
export const persistentvolumeclaims = resource<wire.PersistentVolumeClaim>("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true);
export const certificatesigningrequests = resource<wire.CertificateSigningRequest>("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", false);
export const endpointslices = resource<wire.EndpointSlice>("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);
export const poddisruptionbudgets = resource<wire.PodDisruptionBudget>("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true);
export const resourcequotas = resource<wire.ResourceQuota>("", "v1", "resourcequotas", "ResourceQuota", true);
export const leases = resource<wire.Lease>("coordination.k8s.io", "v1", "leases", "Lease", true);
export const priorityclasses = resource<wire.PriorityClass>("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false);
export const roles = resource<wire.Role>("rbac.authorization.k8s.io", "v1", "roles", "Role", true);
export const rolebindings = resource<wire.RoleBinding>("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true);
export const clusterroles = resource<wire.ClusterRole>("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);
export const clusterrolebindings = resource<wire.ClusterRoleBinding>("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);
export const persistentvolumes = resource<wire.PersistentVolume>("", "v1", "persistentvolumes", "PersistentVolume", false);
export const volumeattributesclasses = resource<wire.VolumeAttributesClass>("storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", false);
export const runtimeclasses = resource<wire.RuntimeClass>("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false);
export const storageclasses = resource<wire.StorageClass>("storage.k8s.io", "v1", "storageclasses", "StorageClass", false);
export const csinodes = resource<wire.CSINode>("storage.k8s.io", "v1", "csinodes", "CSINode", false);
export const csidrivers = resource<wire.CSIDriver>("storage.k8s.io", "v1", "csidrivers", "CSIDriver", false);
export const csistoragecapacities = resource<wire.CSIStorageCapacity>("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity", true);

/** `v1` or `apps/v1`. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `/api/v1/namespaces/ns/pods/name/status`; parts that are absent are left out. */
export function pathOf(resource: Resource<unknown>, parts: { namespace?: string | undefined; name?: string; subresource?: string } = {}): string {
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && parts.namespace ? `/namespaces/${encodeURIComponent(parts.namespace)}` : "";
  const name = parts.name === undefined ? "" : `/${encodeURIComponent(parts.name)}`;
  return `${root}${scope}/${resource.resource}${name}${parts.subresource === undefined ? "" : `/${parts.subresource}`}`;
}
