import type { Pod, Service } from "../../api/wire.ts";
import { isPodReady, isPodTerminal } from "../shared/pods.ts";

export type ServicePort = NonNullable<NonNullable<Service["spec"]>["ports"]>[number];
type Container = NonNullable<Pod["spec"]>["containers"][number];

/** Pods behind a Service may be listed while they have an address and have not finished; those being deleted only where asked for. */
export function belongsToService(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || addressesOf(pod).length === 0) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

export function addressesOf(pod: Pod): readonly string[] {
  const { podIP, podIPs } = pod.status ?? {};
  return podIPs?.length ? podIPs.map(({ ip }) => ip) : podIP ? [podIP] : [];
}

/** The pod's address of a family; undefined when it has none. */
export function addressOfFamily(pod: Pod, family: "IPv4" | "IPv6"): string | undefined {
  return addressesOf(pod).find((address) => address.includes(":") === (family === "IPv6"));
}

/** The number that a Service's port has on a pod: a name is looked up in the containers, sidecars included. undefined: the pod has no such port. */
export function portOn(pod: Pod, port: ServicePort): number | undefined {
  const { targetPort, protocol = "TCP" } = port;
  if (targetPort === undefined || targetPort === 0) return port.port;
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  return [...(pod.spec?.containers ?? []), ...sidecars].flatMap((container: Container) => container.ports ?? []).find((candidate) => candidate.name === targetPort && (candidate.protocol ?? "TCP") === protocol)?.containerPort;
}

/** `hostname` under the Service's name in DNS, where the pod asks for it. */
export function hostnameIn(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}

/** What of a pod its Services' endpoints depend on. */
export function endpointsSign(pod: Pod): string {
  const { metadata, spec, status } = pod;
  return JSON.stringify([metadata.uid, metadata.labels, metadata.deletionTimestamp !== undefined, spec?.nodeName, spec?.hostname, spec?.subdomain, status?.phase, addressesOf(pod), isPodReady(pod)]);
}
