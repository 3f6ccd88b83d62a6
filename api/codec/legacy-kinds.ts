/**
 * Old versions of kinds that Kubernetes no longer serves but still knows: a body in one of them is refused for its
 * version, not for its kind.
 */
const versions: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"],
  StatefulSet: ["apps/v1beta1", "apps/v1beta2"],
  DaemonSet: ["apps/v1beta2", "extensions/v1beta1"],
  ReplicaSet: ["apps/v1beta2", "extensions/v1beta1"],
  ControllerRevision: ["apps/v1beta1", "apps/v1beta2"],
  Scale: ["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"],
  Ingress: ["networking.k8s.io/v1beta1", "extensions/v1beta1"],
  IngressClass: ["networking.k8s.io/v1beta1"],
  NetworkPolicy: ["extensions/v1beta1"],
  CronJob: ["batch/v1beta1"],
  PodDisruptionBudget: ["policy/v1beta1"],
  Eviction: ["policy/v1beta1"],
  Role: ["rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1"],
  RoleBinding: ["rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1"],
  ClusterRole: ["rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1"],
  ClusterRoleBinding: ["rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1beta1"],
  PriorityClass: ["scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1beta1"],
  StorageClass: ["storage.k8s.io/v1beta1"],
  VolumeAttachment: ["storage.k8s.io/v1alpha1", "storage.k8s.io/v1beta1"],
  CSIDriver: ["storage.k8s.io/v1beta1"],
  CSINode: ["storage.k8s.io/v1beta1"],
  CSIStorageCapacity: ["storage.k8s.io/v1alpha1", "storage.k8s.io/v1beta1"],
  Lease: ["coordination.k8s.io/v1beta1"],
  Event: ["events.k8s.io/v1beta1"],
  EndpointSlice: ["discovery.k8s.io/v1beta1"],
  CertificateSigningRequest: ["certificates.k8s.io/v1beta1"],
  RuntimeClass: ["node.k8s.io/v1alpha1", "node.k8s.io/v1beta1"],
};

/** apiVersions of a kind that are known but not served. */
export function legacyVersions(kind: string): readonly string[] {
  return versions[kind] ?? [];
}
