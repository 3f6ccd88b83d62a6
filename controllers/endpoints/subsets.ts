import type { Endpoints, Pod, Service } from "../../api/wire.ts";
import { isPodReady } from "../shared/pods.ts";
import { addressesOf, addressOfFamily, belongsToService, hostnameIn, portOn } from "./service-pods.ts";

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];
type Port = NonNullable<Subset["ports"]>[number];

/** Most addresses of one Endpoints object; more are cut off and an annotation says so. */
export const MAX_ADDRESSES = 1000;

interface Entry {
  readonly address: Address;
  readonly ready: boolean;
  readonly ports: readonly Port[];
}

/** The subsets of a Service's Endpoints: ports on the same addresses together, in a fixed order. `truncated`: there are more. Pure. */
export function endpointSubsets(service: Service, pods: readonly Pod[]): { subsets: Subset[]; truncated: boolean } {
  const entries = pods.map((pod) => entryOf(service, pod)).filter((entry) => entry !== undefined);
  entries.sort((a, b) => compare(a.address.ip, b.address.ip) || compare(a.address.targetRef?.uid, b.address.targetRef?.uid));
  const kept = truncate(entries);
  const subsets = groupByPorts(kept).sort((a, b) => compare(JSON.stringify(a.ports), JSON.stringify(b.ports)));
  return { subsets, truncated: kept.length < entries.length };
}

function entryOf(service: Service, pod: Pod): Entry | undefined {
  const { publishNotReadyAddresses = false, clusterIP, ipFamilies, ports = [] } = service.spec ?? {};
  if (!belongsToService(pod, publishNotReadyAddresses)) return undefined;
  const family = ipFamilies?.[0] === "IPv6" ? "IPv6" : ipFamilies?.[0] === "IPv4" ? "IPv4" : undefined;
  const ip = family === undefined ? addressesOf(pod)[0] : addressOfFamily(pod, family);
  if (ip === undefined) return undefined;
  const found = ports.flatMap((port): Port[] => {
    const number = portOn(pod, port);
    if (number === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = port;
    return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
  // A headless Service may have no ports at all; any other port that no pod has leaves the pod out.
  if (found.length === 0 && !(ports.length === 0 && clusterIP === "None")) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const hostname = hostnameIn(pod, service);
  const { nodeName } = pod.spec ?? {};
  return {
    address: { ip, ...(hostname ? { hostname } : {}), ...(nodeName ? { nodeName } : {}), targetRef: { kind: "Pod", ...(namespace ? { namespace } : {}), ...(name ? { name } : {}), ...(uid ? { uid } : {}) } },
    ready: publishNotReadyAddresses || isPodReady(pod),
    ports: found.sort((a, b) => compare(a.name, b.name) || a.port - b.port || compare(a.protocol, b.protocol)),
  };
}

/** Ready ones first when there are too many. */
function truncate(entries: readonly Entry[]): readonly Entry[] {
  if (entries.length <= MAX_ADDRESSES) return entries;
  const kept = new Set([...entries.filter((entry) => entry.ready), ...entries.filter((entry) => !entry.ready)].slice(0, MAX_ADDRESSES));
  return entries.filter((entry) => kept.has(entry));
}

/** Ports that are on the same addresses are together: a port that all pods have is said once, whatever else they have. */
function groupByPorts(entries: readonly Entry[]): Subset[] {
  const byPort = new Map<string, { port: Port | undefined; members: Entry[] }>();
  for (const entry of entries) {
    // A pod without ports (of a headless Service) is listed all the same.
    for (const port of entry.ports.length > 0 ? entry.ports : [undefined]) {
      const key = JSON.stringify(port ?? null);
      const found = byPort.get(key) ?? { port, members: [] };
      byPort.set(key, found);
      found.members.push(entry);
    }
  }
  const numbers = new Map(entries.map((entry, index) => [entry, index]));
  const bySet = Map.groupBy(byPort.values(), ({ members }) => members.map((entry) => numbers.get(entry)).join());
  return [...bySet.values()].map((group) => subsetOf(group[0]?.members ?? [], group.flatMap(({ port }) => port ?? [])));
}

function subsetOf(members: readonly Entry[], ports: Port[]): Subset {
  const ready = members.filter((entry) => entry.ready).map((entry) => entry.address);
  const notReady = members.filter((entry) => !entry.ready).map((entry) => entry.address);
  return { ...(ready.length > 0 ? { addresses: ready } : {}), ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}), ...(ports.length > 0 ? { ports } : {}) };
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
