import { duplicate, forbidden, internal, invalid, notSupported } from "../../status/field-error.ts";
import { type FieldPath, fieldPath } from "../../status/field-path.ts";
import type { Container, ContainerStatus, Pod, PodSpec } from "../../wire.ts";
import { type Errors, IMMUTABLE_TEXT, invalidEach } from "../common.ts";
import { internalJsonList } from "../internal-json.ts";
import { isDualStack, parseIp, validateLegacyIp } from "../ip.ts";
import { nameIsDnsSubdomain, qualifiedName, userOrGroupId } from "../names.ts";
import { validateCoreObjectMetaUpdate } from "../object-meta.ts";
import { validateAnnotationUpdates } from "./pod-update.ts";

const STATUS = fieldPath("status");
const statusLists = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] as const;
const NON_NEGATIVE_TEXT = "must be a non-negative integer";
const systemConditions = new Set(["PodScheduled", "Ready", "Initialized"]);

type PodStatus = NonNullable<Pod["status"]>;

/** What a node may report of a pod. */
export function validatePodStatusUpdate(pod: Pod, old: Pod): Errors {
  const errors: Errors = [];
  const status = pod.status ?? {};
  const before = old.status ?? {};
  const spec = old.spec ?? { containers: [] };
  validateCoreObjectMetaUpdate(pod.metadata, old.metadata, errors);
  validateAnnotationUpdates(pod.metadata, old.metadata, pod.spec ?? { containers: [] }, errors);
  status.conditions?.forEach((condition, i) => {
    const path = STATUS.child("conditions").index(i);
    if ((condition.observedGeneration ?? 0) < 0) errors.push(invalid(path.child("observedGeneration"), condition.observedGeneration, NON_NEGATIVE_TEXT));
    if (!systemConditions.has(condition.type)) invalidEach(qualifiedName(condition.type ?? ""), condition.type ?? "", path.child("Type"), errors);
  });
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== before.nominatedNodeName) {
    invalidEach(nameIsDnsSubdomain(nominated, false), nominated, STATUS.child("nominatedNodeName"), errors);
    if (spec.nodeName) errors.push(forbidden(STATUS.child("nominatedNodeName"), "may not be set on pods that are already bound to a node"));
  }
  if ((status.observedGeneration ?? 0) < 0) errors.push(invalid(STATUS.child("observedGeneration"), status.observedGeneration, NON_NEGATIVE_TEXT));
  if ((status.qosClass ?? "") !== (before.qosClass ?? "")) errors.push(invalid(STATUS.child("qosClass"), status.qosClass ?? "", IMMUTABLE_TEXT));
  validateStateTransitions(status, before, spec, errors);
  validateResourceClaimStatuses(status, pod.spec ?? { containers: [] }, errors);
  validateAddresses(status, before, errors);
  for (const list of statusLists) validateUsers(status[list] ?? [], spec.os?.name ?? "linux", STATUS.child(list), errors);
  validateDeviceHealth(status.containerStatuses ?? [], spec.containers ?? [], STATUS.child("containerStatuses"), errors);
  validateDeviceHealth(status.initContainerStatuses ?? [], spec.initContainers ?? [], STATUS.child("initContainerStatuses"), errors);
  status.ephemeralContainerStatuses?.forEach((container, i) => {
    if (container.allocatedResourcesStatus?.length) {
      errors.push(forbidden(STATUS.child("ephemeralContainerStatuses").index(i).child("allocatedResourcesStatus"), "must not be specified in container status"));
    }
  });
  return errors;
}

/** A container that has ended stays ended unless its restart policy says otherwise. */
function validateStateTransitions(status: PodStatus, before: PodStatus, spec: PodSpec, errors: Errors): void {
  // One container's end may start all anew, whatever their own policies say (KEP-5532).
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const mayRestartAll = all.some((container) => container.restartPolicyRules?.some((rule) => rule.action === "RestartAllContainers"));
  const check = (list: (typeof statusLists)[number], podPolicy: string, containers: readonly Container[]) => {
    before[list]?.forEach((old, i) => {
      const ended = old.state?.terminated;
      if (!ended) return;
      const own = containers.find((container) => container.name === old.name);
      const policy = own?.restartPolicy ?? podPolicy;
      if (policy === "Always" || own?.restartPolicyRules?.length) return;
      if (policy === "OnFailure" && ended.exitCode !== 0) return;
      for (const now of status[list] ?? []) {
        if (now.name === old.name && !now.state?.terminated) errors.push(forbidden(STATUS.child(list).index(i).child("state"), "may not be transitioned to non-terminated state"));
      }
    });
  };
  if (!mayRestartAll) check("containerStatuses", spec.restartPolicy ?? "Always", spec.containers ?? []);
  if (!mayRestartAll) check("initContainerStatuses", spec.restartPolicy ?? "Always", spec.initContainers ?? []);
  check("ephemeralContainerStatuses", "Never", []);
}

function validateResourceClaimStatuses(status: PodStatus, spec: PodSpec, errors: Errors): void {
  const names = new Set<string>();
  status.resourceClaimStatuses?.forEach((claim, i) => {
    const path = STATUS.child("resourceClaimStatuses").index(i).child("name");
    if (!spec.resourceClaims?.some((known) => known.name === claim.name)) errors.push(invalid(path, claim.name, "must match the name of an entry in `spec.resourceClaims`"));
    if (names.has(claim.name)) errors.push(duplicate(path, claim.name));
    names.add(claim.name);
    if (claim.resourceClaimName !== undefined) invalidEach(nameIsDnsSubdomain(claim.resourceClaimName, false), claim.resourceClaimName, STATUS.child("resourceClaimStatuses").index(i).child("resourceClaimName"), errors);
  });
}

const ONE_PER_FAMILY_TEXT = "may specify no more than one IP for each IP family";

function validateAddresses(status: PodStatus, before: PodStatus, errors: Errors): void {
  const podIps = status.podIPs ?? [];
  const hostIps = status.hostIPs ?? [];
  const path = STATUS.child("podIPs");
  const oldPodIps = before.podIPs?.map((entry) => entry.ip);
  podIps.forEach((entry, i) => {
    validateLegacyIp(entry.ip ?? "", path.index(i), errors, oldPodIps);
  });
  validateFamilies(podIps, path, "PodIP", errors);
  const first = hostIps[0];
  if (!first) return;
  const hostPath = STATUS.child("hostIPs");
  if ((status.hostIP ?? "") !== first.ip) errors.push(invalid(hostPath.index(0).child("ip"), first.ip, "must be equal to `hostIP`"));
  const oldHostIps = before.hostIPs?.map((entry) => entry.ip);
  hostIps.forEach((entry, i) => {
    validateLegacyIp(entry.ip ?? "", hostPath.index(i), errors, oldHostIps);
  });
  validateFamilies(hostIps, hostPath, "HostIP", errors);
}

type Address = { ip: string };

/** Two addresses are one of each family, and more are too many. */
function validateFamilies(addresses: readonly Address[], path: FieldPath, type: "PodIP" | "HostIP", errors: Errors): void {
  if (addresses.length < 2) return;
  const parsed = addresses.map((entry) => parseIp(entry.ip ?? ""));
  const bad = parsed.indexOf(undefined);
  if (bad >= 0) errors.push(internal(path, `failed to check for dual stack with error:invalid IP[${bad}]: ${addresses[bad]?.ip ?? ""}`));
  if (bad >= 0 || addresses.length > 2 || !isDualStack(parsed)) errors.push(invalid(path, internalJsonList(`io.k8s.api.core.v1.${type}`, addresses), ONE_PER_FAMILY_TEXT));
}

function validateUsers(containers: readonly ContainerStatus[], os: string, path: FieldPath, errors: Errors): void {
  containers.forEach((container, i) => {
    const user = container.user?.linux;
    if (!user) return;
    const at = path.index(i).child("linux");
    if (os === "windows") errors.push(forbidden(at, "cannot be set for a windows pod"));
    if (os !== "linux") return;
    for (const field of ["uid", "gid"] as const) invalidEach(userOrGroupId(user[field] ?? 0), user[field] ?? 0, at.child(field), errors);
    user.supplementalGroups?.forEach((group, j) => {
      invalidEach(userOrGroupId(group), group, at.child("supplementalGroups").index(j), errors);
    });
  });
}

const healths = ["Healthy", "Unhealthy", "Unknown"];

/** Devices that a container has been given: what it asked for, each with a known state, none twice. */
function validateDeviceHealth(statuses: readonly ContainerStatus[], containers: readonly Container[], path: FieldPath, errors: Errors): void {
  statuses.forEach((status, i) => {
    status.allocatedResourcesStatus?.forEach((allocated, j) => {
      const at = path.index(i).child("allocatedResourcesStatus").index(j);
      const container = containers.find((other) => other.name === status.name);
      if (container) validateAllocatedName(container, allocated.name, at, errors);
      const seen = new Set<string>();
      allocated.resources?.forEach((resource, k) => {
        const each = at.child("resources").index(k);
        const health = resource.health ?? "";
        if (!healths.includes(health)) errors.push(notSupported(each.child("health"), health, healths));
        if (seen.has(resource.resourceID)) errors.push(duplicate(each.child("resourceID"), resource.resourceID));
        seen.add(resource.resourceID);
      });
    });
  });
}

function validateAllocatedName(container: Container, name: string, path: FieldPath, errors: Errors): void {
  if (name.startsWith("claim:")) {
    const known = container.resources?.claims?.some((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ""}` === name);
    if (!known) errors.push(invalid(path.child("name"), name, "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"));
  } else if (container.resources?.requests?.[name] === undefined) errors.push(invalid(path.child("name"), name, "must match one of the container's resource requests"));
}
