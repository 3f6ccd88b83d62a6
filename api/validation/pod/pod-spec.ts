import { forbidden, invalid, notFound, notSupported, notSupportedInOrder, required, tooLong } from "../../status/field-error.ts";
import type { FieldPath } from "../../status/field-path.ts";
import type { PodSpec } from "../../wire.ts";
import { type Errors, invalidEach, invalidEachAt, requiredEnumInOrder } from "../common.ts";
import { validateLabels } from "../labels.ts";
import { byteLength, dns1123Label, dns1123Subdomain, nameIsDnsSubdomain, rangeText } from "../names.ts";
import { validateContainerResourceName } from "../resources.ts";
import { validateAffinity } from "./affinity.ts";
import { validateResourceClaims } from "./claims.ts";
import { validateResourceRequirements } from "./container-resources.ts";
import { type ContainerScope, validateContainers, validateEphemeralContainers, validateInitContainers } from "./containers.ts";
import { validateDnsConfig, validateHostAliases } from "./dns.ts";
import type { PodOptions } from "./options.ts";
import { validatePodResources } from "./pod-resources.ts";
import { validateHostNetworkPorts } from "./ports.ts";
import { validateReadinessGates, validateSchedulingGates, validateTolerations, validateTopologySpread } from "./scheduling.ts";
import { validatePodSecurityContext } from "./security-context.ts";
import { visitContainers } from "./visit.ts";
import { validateVolumes } from "./volumes.ts";
import { validateHostProcess, validateLinux, validateWindows } from "./windows.ts";

const MAX_INT32 = 2147483647;
const NO_NAMES: ReadonlySet<string> = new Set();

/** A pod's spec, its own or a template's, in the order in which Kubernetes looks. */
export function validatePodSpec(spec: PodSpec, options: PodOptions, path: FieldPath, errors: Errors): void {
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(path.child("terminationGracePeriodSeconds")));
  const volumes = validateVolumes(spec.volumes, options, path.child("volumes"), errors);
  const claimNames = spec.resourceClaims ? new Set(spec.resourceClaims.map((claim) => claim.name).filter(Boolean)) : NO_NAMES;
  if (spec.resourceClaims) validateResourceClaims(spec.resourceClaims, path.child("resourceClaims"), errors);
  const scope: ContainerScope = { spec, volumes, claimNames, options };
  validateContainers(scope, path.child("containers"), errors);
  if (spec.initContainers) validateInitContainers(scope, path.child("initContainers"), errors);
  if (spec.ephemeralContainers) validateEphemeralContainers(scope, path.child("ephemeralContainers"), errors);
  validatePodResources(spec, claimNames, path.child("resources"), errors);
  if (spec.hostNetwork) validateHostNetworkPorts(spec.containers ?? [], options.isPod, path.child("containers"), errors);
  requiredEnumInOrder(spec.restartPolicy, ["Always", "OnFailure", "Never"], path, "restartPolicy", errors);
  requiredEnumInOrder(spec.dnsPolicy, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path, "dnsPolicy", errors);
  if (spec.nodeSelector) validateLabels(spec.nodeSelector, path.child("nodeSelector"), errors);
  if (spec.securityContext) validatePodSecurityContext(spec.securityContext, spec, path.child("securityContext"), errors);
  if (spec.affinity) validateAffinity(spec.affinity, path.child("affinity"), errors);
  validateDnsConfig(spec, path.child("dnsConfig"), errors);
  if (spec.readinessGates) validateReadinessGates(spec.readinessGates, path.child("readinessGates"), errors);
  if (spec.schedulingGates) validateSchedulingGates(spec.schedulingGates, path.child("schedulingGates"), errors);
  if (spec.topologySpreadConstraints) validateTopologySpread(spec.topologySpreadConstraints, path.child("topologySpreadConstraints"), errors);
  validateHostProcess(spec, options, path, errors);
  validateHostUsers(spec, path, errors);
  validateHostnameOverride(spec, path, errors);
  validateNames(spec, path, errors);
  if (spec.tolerations) validateTolerations(spec.tolerations, path.child("tolerations"), errors);
  if (spec.hostAliases) validateHostAliases(spec.hostAliases, path.child("hostAliases"), errors);
  validatePriority(spec, path, errors);
  if (spec.overhead) validateResourceRequirements({ limits: spec.overhead }, validateContainerResourceName, NO_NAMES, path.child("overhead"), errors);
  if (spec.os) validateOs(spec, path, errors);
  validateFileKeyVolumes(spec, path, errors);
}

/** Files of variables lie in a volume that a container before writes (KEP-3721). */
function validateFileKeyVolumes(spec: PodSpec, path: FieldPath, errors: Errors): void {
  visitContainers(spec, (container, below) => {
    container.env?.forEach(({ valueFrom }, i) => {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) return;
      const at = below(path).child("env").index(i).child("valueFrom", "fileKeyRef", "volumeName");
      const volume = spec.volumes?.findLast((other) => other.name === name);
      if (!volume) errors.push(notFound(at, name));
      else if (!volume.emptyDir) errors.push(invalid(at, name, "referenced volume must be of type emptyDir"));
    });
  });
}

/** A pod with users of its own shares no other namespace with the host. */
function validateHostUsers(spec: PodSpec, path: FieldPath, errors: Errors): void {
  if (spec.hostUsers !== false) return;
  const text = "when `hostUsers` is false";
  if (spec.hostNetwork) errors.push(forbidden(path.child("hostNetwork"), text));
  if (spec.hostPID) errors.push(forbidden(path.child("HostPID"), text));
  if (spec.hostIPC) errors.push(forbidden(path.child("HostIPC"), text));
  visitContainers(spec, (container, below) => {
    if (container.volumeDevices?.length) errors.push(forbidden(below(path).child("volumeDevices"), text));
  });
}

function validateNames(spec: PodSpec, path: FieldPath, errors: Errors): void {
  for (const field of ["serviceAccountName", "nodeName"] as const) {
    const name = spec[field];
    if (name) invalidEachAt(nameIsDnsSubdomain(name, false), name, path, field, errors);
  }
  const deadline_s = spec.activeDeadlineSeconds;
  if (deadline_s !== undefined && (deadline_s < 1 || deadline_s > MAX_INT32)) errors.push(invalid(path.child("activeDeadlineSeconds"), deadline_s, rangeText(1, MAX_INT32)));
  for (const field of ["hostname", "subdomain"] as const) {
    const name = spec[field];
    if (name) invalidEachAt(dns1123Label(name), name, path, field, errors);
  }
}

function validatePriority(spec: PodSpec, path: FieldPath, errors: Errors): void {
  if (spec.priorityClassName) invalidEachAt(nameIsDnsSubdomain(spec.priorityClassName, false), spec.priorityClassName, path, "priorityClassName", errors);
  if (spec.runtimeClassName !== undefined) invalidEachAt(nameIsDnsSubdomain(spec.runtimeClassName, false), spec.runtimeClassName, path, "runtimeClassName", errors);
  if (spec.preemptionPolicy !== undefined) validatePreemptionPolicy(spec.preemptionPolicy, path.child("preemptionPolicy"), errors);
}

/** Whether a pod of higher priority may push others out. */
export function validatePreemptionPolicy(policy: string, path: FieldPath, errors: Errors): void {
  const known = ["PreemptLowerPriority", "Never"];
  if (policy === "") errors.push(required(path));
  else if (!known.includes(policy)) errors.push(notSupportedInOrder(path, policy, known));
}

function validateOs(spec: PodSpec, path: FieldPath, errors: Errors): void {
  const name = spec.os?.name ?? "";
  if (name === "") errors.push(required(path.child("os", "name")));
  else if (name === "linux") validateLinux(spec, path, errors);
  else if (name === "windows") validateWindows(spec, path, errors);
  else errors.push(notSupported(path.child("os"), name, ["linux", "windows"]));
}

const HOSTNAME_OVERRIDE_LIMIT = 64;

/** KEP-4762: the whole host name, instead of what is made from name, hostname and subdomain. */
function validateHostnameOverride(spec: PodSpec, path: FieldPath, errors: Errors): void {
  const name = spec.hostnameOverride;
  if (name === undefined) return;
  const at = path.child("hostnameOverride");
  if (spec.setHostnameAsFQDN) errors.push(forbidden(at, "may not be specified when setHostnameAsFQDN is true"));
  if (spec.hostNetwork) errors.push(forbidden(at, "may not be specified when hostNetwork is true"));
  if (byteLength(name) > HOSTNAME_OVERRIDE_LIMIT) errors.push(tooLong(at, HOSTNAME_OVERRIDE_LIMIT));
  invalidEach(dns1123Subdomain(name), name, at, errors);
}
