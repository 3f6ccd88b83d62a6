import { aggregateContainers } from "../validation/pod/aggregate.ts";
import { isHugePages, isOvercommitAllowed, isPodLevelResource } from "../validation/resources.ts";
import type { Container, Pod, PodSpec } from "../wire.ts";
import { defaultPodSpec } from "./pod-spec.ts";
import { requestsFromLimits, roundResources } from "./resource-list.ts";

/** Defaults of a pod: those of its spec, and what only a pod itself gets (a template does not). */
export function defaultPod(pod: Pod): void {
  const spec = (pod.spec ??= { containers: [] });
  for (const container of spec.containers ?? []) requestsFromLimits(container.resources);
  for (const container of spec.initContainers ?? []) requestsFromLimits(container.resources);
  if (spec.resources) defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    defaultHostPorts(spec.containers);
    defaultHostPorts(spec.initContainers);
  }
  defaultPodSpec(spec);
  // A negative grace period means the shortest one; a template keeps it as it is.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  defaultBesideSpec(pod);
}

/** Those of everything but the spec. */
export function defaultBesideSpec(pod: Pod): void {
  dropInitContainerAnnotations(pod.metadata);
  const status = (pod.status ??= {});
  status.phase ||= "Pending";
  mirrorPodIps(status);
  for (const list of [status.containerStatuses, status.initContainerStatuses, status.ephemeralContainerStatuses]) {
    for (const container of list ?? []) {
      roundResources(container.allocatedResources);
      roundResources(container.resources?.limits);
      roundResources(container.resources?.requests);
    }
  }
}

/** podIP is podIPs[0]; where the two differ, podIP is right. */
function mirrorPodIps(status: NonNullable<Pod["status"]>): void {
  if (status.podIP && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  const first = status.podIPs?.[0]?.ip;
  if (first) status.podIP = first;
}

function defaultHostPorts(containers: readonly Container[] | undefined): void {
  for (const container of containers ?? []) for (const port of container.ports ?? []) if (!port.hostPort && port.containerPort) port.hostPort = port.containerPort;
}

const oldInitContainerAnnotations = ["init-containers", "init-container-statuses"].flatMap((name) => [`pod.beta.kubernetes.io/${name}`, `pod.alpha.kubernetes.io/${name}`]);

/** Annotations that held init containers before the field did: never kept. */
export function dropInitContainerAnnotations(meta: { annotations?: { [key: string]: string } } | undefined): void {
  if (meta?.annotations) for (const key of oldInitContainerAnnotations) if (meta.annotations[key] !== undefined) delete meta.annotations[key];
}

/** KEP-2837: what the pod as a whole asks for, where it is given in part. */
function defaultPodResources(spec: PodSpec): void {
  const resources = spec.resources ?? {};
  const given = (list: { [name: string]: string } | undefined) => list !== undefined && Object.keys(list).length > 0;
  const supported = (list: { [name: string]: string } | undefined) => Object.keys(list ?? {}).some(isPodLevelResource);
  if (given(resources.limits) || given(resources.requests)) {
    for (const [name, amount] of aggregateContainers(spec, (container) => container.resources?.limits)) {
      if (isHugePages(name) && resources.requests?.[name] === undefined) (resources.limits ??= {})[name] ??= amount.toString();
    }
  }
  if (given(resources.limits)) {
    const requests = (resources.requests ??= {});
    for (const [name, amount] of aggregateContainers(spec, (container) => container.resources?.requests)) {
      if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= amount.toString();
    }
    for (const [name, limit] of Object.entries(resources.limits ?? {})) if (isPodLevelResource(name)) requests[name] ??= limit;
    if (!given(requests)) delete resources.requests;
  }
  if (!supported(resources.limits) && supported(resources.requests)) defaultPodLimits(spec, resources);
}

function defaultPodLimits(spec: PodSpec, resources: NonNullable<PodSpec["resources"]>): void {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  for (const [name, amount] of aggregateContainers(spec, (container) => container.resources?.limits)) {
    if (!isPodLevelResource(name) || !isOvercommitAllowed(name)) continue;
    if (containers.every((container) => container.resources?.limits?.[name] !== undefined)) (resources.limits ??= {})[name] ??= amount.toString();
  }
}
