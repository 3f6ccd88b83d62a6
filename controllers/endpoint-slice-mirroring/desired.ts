import type { Endpoints } from "../../api/wire.ts";
import type { Endpoint, EndpointPort, Family, Group } from "../endpoint-slice/desired.ts";

/** Addresses of one subset that are mirrored at most. */
export const MAX_PER_SUBSET = 1000;

type Subset = NonNullable<Endpoints["subsets"]>[number];
type Address = NonNullable<Subset["addresses"]>[number];

/** What the slices of one family should hold to say what the Endpoints say. Pure. */
export function mirroredGroups({ subsets = [] }: Endpoints, family: Family): Map<string, Group> {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const subset of subsets) {
    const of = (addresses: readonly Address[] | undefined, ready: boolean) => (addresses ?? []).filter(({ ip }) => ip.includes(":") === (family === "IPv6")).map((address) => mirror(address, ready));
    const endpoints = [...of(subset.addresses, true), ...of(subset.notReadyAddresses, false)].slice(0, MAX_PER_SUBSET);
    if (endpoints.length === 0) continue;
    const ports = (subset.ports ?? []).map(({ name = "", port, protocol = "TCP", appProtocol }): EndpointPort => ({ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) }));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(...endpoints);
  }
  return groups;
}

function mirror({ ip, hostname, nodeName, targetRef }: Address, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready }, ...(hostname ? { hostname } : {}), ...(nodeName ? { nodeName } : {}), ...(targetRef ? { targetRef } : {}) };
}
