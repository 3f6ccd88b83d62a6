import type * as k8s from "@kubernetes/client-node";

/**
 * The client package's model types as they are on the wire: Date becomes string, and fields that the generator renamed
 * (`_from`, `_continue`, `_default`, `_enum`, …) get their names back. Only these types are used elsewhere.
 */
type WireName<K> = K extends `_${infer Name}` ? Name : K;
export type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [K in keyof T as WireName<K>]: Wire<T[K]> }
      : T;

/** apiVersion, kind and metadata are always there on an object that the API server returned. */
export type Stored<T> = Omit<Wire<T>, "apiVersion" | "kind" | "metadata"> & { apiVersion: string; kind: string; metadata: ObjectMeta };

export type ObjectMeta = Wire<k8s.V1ObjectMeta>;
export type OwnerReference = Wire<k8s.V1OwnerReference>;
export type ListMeta = Wire<k8s.V1ListMeta>;
export type LabelSelector = Wire<k8s.V1LabelSelector>;
export type Status = Wire<k8s.V1Status>;
export type StatusCause = Wire<k8s.V1StatusCause>;

/** Any API object, its fields unknown. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export type Namespace = Stored<k8s.V1Namespace>;
export type Node = Stored<k8s.V1Node>;
export type Pod = Stored<k8s.V1Pod>;
export type PodSpec = Wire<k8s.V1PodSpec>;
export type PodStatus = Wire<k8s.V1PodStatus>;
export type PodCondition = Wire<k8s.V1PodCondition>;
export type PodTemplateSpec = Wire<k8s.V1PodTemplateSpec>;
export type Container = Wire<k8s.V1Container>;
export type ContainerStatus = Wire<k8s.V1ContainerStatus>;
export type ContainerState = Wire<k8s.V1ContainerState>;
export type Probe = Wire<k8s.V1Probe>;
export type LifecycleHandler = Wire<k8s.V1LifecycleHandler>;
export type SecurityContext = Wire<k8s.V1SecurityContext>;
export type PodSecurityContext = Wire<k8s.V1PodSecurityContext>;
export type SeccompProfile = Wire<k8s.V1SeccompProfile>;
export type AppArmorProfile = Wire<k8s.V1AppArmorProfile>;
export type WindowsSecurityContextOptions = Wire<k8s.V1WindowsSecurityContextOptions>;
export type ContainerPort = Wire<k8s.V1ContainerPort>;
export type ContainerResizePolicy = Wire<k8s.V1ContainerResizePolicy>;
export type ContainerRestartRule = Wire<k8s.V1ContainerRestartRule>;
export type EphemeralContainer = Wire<k8s.V1EphemeralContainer>;
export type EnvVar = Wire<k8s.V1EnvVar>;
export type EnvFromSource = Wire<k8s.V1EnvFromSource>;
export type ObjectFieldSelector = Wire<k8s.V1ObjectFieldSelector>;
export type ResourceFieldSelector = Wire<k8s.V1ResourceFieldSelector>;
export type Lifecycle = Wire<k8s.V1Lifecycle>;
export type VolumeDevice = Wire<k8s.V1VolumeDevice>;
export type VolumeProjection = Wire<k8s.V1VolumeProjection>;
export type DownwardAPIVolumeFile = Wire<k8s.V1DownwardAPIVolumeFile>;
export type KeyToPath = Wire<k8s.V1KeyToPath>;
export type PodResourceClaim = Wire<k8s.V1PodResourceClaim>;
export type PodAffinityTerm = Wire<k8s.V1PodAffinityTerm>;
export type NodeAffinity = Wire<k8s.V1NodeAffinity>;
export type NodeSelectorRequirement = Wire<k8s.V1NodeSelectorRequirement>;
export type TopologySpreadConstraint = Wire<k8s.V1TopologySpreadConstraint>;
export type PodDNSConfig = Wire<k8s.V1PodDNSConfig>;
export type PersistentVolumeClaimSpec = Wire<k8s.V1PersistentVolumeClaimSpec>;
export type Volume = Wire<k8s.V1Volume>;
export type VolumeMount = Wire<k8s.V1VolumeMount>;
export type ResourceRequirements = Wire<k8s.V1ResourceRequirements>;
export type Affinity = Wire<k8s.V1Affinity>;
export type NodeSelector = Wire<k8s.V1NodeSelector>;
export type NodeSelectorTerm = Wire<k8s.V1NodeSelectorTerm>;
export type Toleration = Wire<k8s.V1Toleration>;
export type Taint = Wire<k8s.V1Taint>;
export type Deployment = Stored<k8s.V1Deployment>;
export type DeploymentCondition = Wire<k8s.V1DeploymentCondition>;
export type ReplicaSet = Stored<k8s.V1ReplicaSet>;
export type ConfigMap = Stored<k8s.V1ConfigMap>;
export type Secret = Stored<k8s.V1Secret>;
export type Service = Stored<k8s.V1Service>;
export type Endpoints = Stored<k8s.V1Endpoints>;
export type ServiceAccount = Stored<k8s.V1ServiceAccount>;
export type TokenRequest = Stored<k8s.AuthenticationV1TokenRequest>;
export type CoreEvent = Stored<k8s.CoreV1Event>;
export type EventsEvent = Stored<k8s.EventsV1Event>;
export type Lease = Stored<k8s.V1Lease>;
export type PriorityClass = Stored<k8s.V1PriorityClass>;
export type Role = Stored<k8s.V1Role>;
export type ClusterRole = Stored<k8s.V1ClusterRole>;
export type RoleBinding = Stored<k8s.V1RoleBinding>;
export type ClusterRoleBinding = Stored<k8s.V1ClusterRoleBinding>;
export type PolicyRule = Wire<k8s.V1PolicyRule>;
export type Subject = Wire<k8s.RbacV1Subject>;
export type Binding = Stored<k8s.V1Binding>;
export type Eviction = Stored<k8s.V1Eviction>;
export type Scale = Stored<k8s.V1Scale>;
export type ControllerRevision = Stored<k8s.V1ControllerRevision>;
export type PodDisruptionBudget = Stored<k8s.V1PodDisruptionBudget>;
export type DaemonSet = Stored<k8s.V1DaemonSet>;
export type StatefulSet = Stored<k8s.V1StatefulSet>;
export type Job = Stored<k8s.V1Job>;
export type CronJob = Stored<k8s.V1CronJob>;
export type ReplicationController = Stored<k8s.V1ReplicationController>;
export type PodTemplate = Stored<k8s.V1PodTemplate>;
export type Ingress = Stored<k8s.V1Ingress>;
export type IngressClass = Stored<k8s.V1IngressClass>;
export type NetworkPolicy = Stored<k8s.V1NetworkPolicy>;
export type IPAddress = Stored<k8s.V1IPAddress>;
export type ServiceCIDR = Stored<k8s.V1ServiceCIDR>;
export type PersistentVolume = Stored<k8s.V1PersistentVolume>;
export type PersistentVolumeClaim = Stored<k8s.V1PersistentVolumeClaim>;
export type StorageClass = Stored<k8s.V1StorageClass>;
export type VolumeAttachment = Stored<k8s.V1VolumeAttachment>;
export type VolumeAttributesClass = Stored<k8s.V1VolumeAttributesClass>;
export type CSIDriver = Stored<k8s.V1CSIDriver>;
export type CSINode = Stored<k8s.V1CSINode>;
export type CSIStorageCapacity = Stored<k8s.V1CSIStorageCapacity>;
export type CustomResourceDefinition = Stored<k8s.V1CustomResourceDefinition>;
export type APIService = Stored<k8s.V1APIService>;
export type MutatingWebhookConfiguration = Stored<k8s.V1MutatingWebhookConfiguration>;
export type ValidatingWebhookConfiguration = Stored<k8s.V1ValidatingWebhookConfiguration>;
export type MutatingAdmissionPolicy = Stored<k8s.V1MutatingAdmissionPolicy>;
export type MutatingAdmissionPolicyBinding = Stored<k8s.V1MutatingAdmissionPolicyBinding>;
export type ValidatingAdmissionPolicy = Stored<k8s.V1ValidatingAdmissionPolicy>;
export type ValidatingAdmissionPolicyBinding = Stored<k8s.V1ValidatingAdmissionPolicyBinding>;
export type FlowSchema = Stored<k8s.V1FlowSchema>;
export type PriorityLevelConfiguration = Stored<k8s.V1PriorityLevelConfiguration>;
export type DeviceClass = Stored<k8s.V1DeviceClass>;
export type ResourceClaim = Stored<k8s.ResourceV1ResourceClaim>;
export type ExactDeviceRequest = Wire<k8s.V1ExactDeviceRequest>;
export type DeviceSubRequest = Wire<k8s.V1DeviceSubRequest>;
export type DeviceSelector = Wire<k8s.V1DeviceSelector>;
export type DeviceToleration = Wire<k8s.V1DeviceToleration>;
export type DeviceAllocationResult = Wire<k8s.V1DeviceAllocationResult>;
export type AllocatedDeviceStatus = Wire<k8s.V1AllocatedDeviceStatus>;
export type Device = Wire<k8s.V1Device>;
export type DeviceCapacity = Wire<k8s.V1DeviceCapacity>;
export type ResourceClaimTemplate = Stored<k8s.V1ResourceClaimTemplate>;
export type ResourceSlice = Stored<k8s.V1ResourceSlice>;
export type EndpointSlice = Stored<k8s.V1EndpointSlice>;
export type CertificateSigningRequest = Stored<k8s.V1CertificateSigningRequest>;
export type RuntimeClass = Stored<k8s.V1RuntimeClass>;
export type LimitRange = Stored<k8s.V1LimitRange>;
export type ResourceQuota = Stored<k8s.V1ResourceQuota>;
export type ComponentStatus = Stored<k8s.V1ComponentStatus>;
export type TokenReview = Stored<k8s.V1TokenReview>;
export type SubjectAccessReview = Stored<k8s.V1SubjectAccessReview>;
export type LocalSubjectAccessReview = Stored<k8s.V1LocalSubjectAccessReview>;
export type SelfSubjectAccessReview = Stored<k8s.V1SelfSubjectAccessReview>;
export type SelfSubjectRulesReview = Stored<k8s.V1SelfSubjectRulesReview>;
export type SelfSubjectReview = Stored<k8s.V1SelfSubjectReview>;
export type HorizontalPodAutoscaler = Stored<k8s.V2HorizontalPodAutoscaler>;
export type HorizontalPodAutoscalerV1 = Stored<k8s.V1HorizontalPodAutoscaler>;
