import type { EndpointSlice, Node, Pod, Service } from "../../api/wire.ts";
import { addressOfFamily, belongsToService, hostnameIn, portOn } from "../endpoints/service-pods.ts";
import { isPodReady } from "../shared/pods.ts";

export type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];
export type EndpointPort = NonNullable<EndpointSlice["ports"]>[number];
export type Family = "IPv4" | "IPv6";

/** Endpoints with the same ports: they may share slices. */
export interface Group {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

const ZONE = "topology.kubernetes.io/zone";

/** Address families of a Service's slices. */
export function familiesOf(service: Service): Family[] {
  const families = (service.spec?.ipFamilies ?? []).filter((family): family is Family => family === "IPv4" || family === "IPv6");
  return families.length > 0 ? families : [service.spec?.clusterIP?.includes(":") ? "IPv6" : "IPv4"];
}

/** What the slices of one family should hold. A pod whose node is not known is left out, unless not-ready ones are published too. Pure. */
export function desiredGroups(service: Service, pods: readonly Pod[], family: Family, nodeOf: (name: string) => Node | undefined): Map<string, Group> {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const address = addressOfFamily(pod, family);
    const node = nodeOf(pod.spec?.nodeName ?? "");
    if (address === undefined || !belongsToService(pod, true) || (node === undefined && !service.spec?.publishNotReadyAddresses)) continue;
    const ports = portsOn(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(withHints(service, endpointOf(service, pod, address, node)));
  }
  return groups;
}

function portsOn(service: Service, pod: Pod): EndpointPort[] {
  const ports = (service.spec?.ports ?? []).flatMap((port): EndpointPort[] => {
    const number = portOn(pod, port);
    const { name = "", protocol = "TCP", appProtocol } = port;
    return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
  return ports.sort((a, b) => compare(a.name, b.name) || (a.port ?? 0) - (b.port ?? 0) || compare(a.protocol, b.protocol));
}

function endpointOf(service: Service, pod: Pod, address: string, node: Node | undefined): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec?.publishNotReadyAddresses || (serving && !terminating);
  const { namespace = "", name = "", uid = "" } = pod.metadata;
  const { nodeName } = pod.spec ?? {};
  const zone = node?.metadata.labels?.[ZONE];
  const hostname = hostnameIn(pod, service);
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

/** KEP-4444, KEP-3015: which zone or node is to use an endpoint. Only ready endpoints with a known zone get hints. */
function withHints(service: Service, endpoint: Endpoint): Endpoint {
  const { zone, nodeName, conditions } = endpoint;
  if (!conditions?.ready || !zone) return endpoint;
  switch (service.spec?.trafficDistribution) {
    case "PreferClose":
    case "PreferSameZone":
      return { ...endpoint, hints: { forZones: [{ name: zone }] } };
    case "PreferSameNode":
      return { ...endpoint, hints: { forZones: [{ name: zone }], ...(nodeName ? { forNodes: [{ name: nodeName }] } : {}) } };
    default:
      return endpoint;
  }
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
