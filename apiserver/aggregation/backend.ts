import { BlockList, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { StatusError } from "../../api/status/errors.ts";
import type { EndpointSlice, Node, Service } from "../../api/wire.ts";
import type { Dialer } from "../proxy/dialer.ts";
import { dialPod } from "../proxy/node-tunnel.ts";
import { joinHostPort, requireProxyable } from "../proxy/proxyable.ts";
import { pickEndpoint } from "../proxy/service-endpoint.ts";
import type { Registry } from "../registry/registry.ts";
import type { NodeClient } from "../rest/connect/node-client.ts";
import type { RemoteService } from "./remote-services.ts";

/** One place where an extension server answers. */
export interface Backend {
  /** `host:port` */
  readonly authority: string;
  dial(signal: AbortSignal): Promise<Duplex>;
}

/** Why there is none: a reason of the condition Available, and a text for people. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface BackendParts {
  readonly registry: Registry;
  readonly nodes: NodeClient;
  /** Reaches what lies outside the cluster's own network. */
  readonly dialer: Dialer;
  /** IPv4 range of cluster IPs. */
  readonly serviceRange: string;
}

/**
 * Where the Service of an APIService leads: an ExternalName's host is dialled by the dialer, a pod through the agent of its node. Endpoints that are
 * no pods are dialled too, unless the address is one of the cluster's own network, where the API server has no way in. @throws BackendError
 */
export async function findBackend(parts: BackendParts, { service: { namespace, name, port } }: Pick<RemoteService, "service">): Promise<Backend> {
  const { registry, nodes, dialer } = parts;
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = lookUp(registry, "", "services", `${namespace}/${name}`) as Service | undefined;
  if (service === undefined) throw new BackendError("ServiceNotFound", `${where} is not present`);
  const { type, externalName = "", ports = [] } = service.spec ?? {};
  if (type === "ExternalName") return { authority: joinHostPort(externalName, port), dial: (signal) => dialer.dial(externalName, port, signal) };
  const servicePort = ports.find((one) => one.port === port);
  if (servicePort === undefined) throw new BackendError("ServicePortError", `${where} is not listening on port ${port}`);
  const outside = outsideEndpoint(parts, namespace, name, servicePort.name ?? "");
  if (outside !== undefined) return { authority: joinHostPort(outside.ip, outside.port), dial: (signal) => dialer.dial(outside.ip, outside.port, signal) };
  try {
    const address = await pickEndpoint(registry, namespace, name, String(port), name);
    return { authority: joinHostPort(address.ip, address.port), dial: (signal) => dialPod(nodes, address, signal) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new BackendError("MissingEndpoints", `endpoints for ${where} have no addresses with port name ${JSON.stringify(servicePort.name ?? "")}`);
  }
}

function lookUp(registry: Registry, group: string, plural: string, key: string): object | undefined {
  const kind = registry.kinds.byResource(group, "v1", plural);
  return kind === undefined ? undefined : registry.cache.of(kind).get(key)?.object();
}

/** An endpoint that somebody wrote by hand for a host outside. */
function outsideEndpoint(parts: BackendParts, namespace: string, name: string, portName: string): { ip: string; port: number } | undefined {
  const { registry } = parts;
  const slices = registry.kinds.byResource("discovery.k8s.io", "v1", "endpointslices");
  if (slices === undefined) return undefined;
  for (const cached of registry.cache.of(slices).snapshot().range(`${namespace}/`, `${namespace}0`)) {
    if (cached.labels?.["kubernetes.io/service-name"] !== name) continue;
    const slice = cached.object() as EndpointSlice;
    const port = slice.ports?.find((one) => (one.name ?? "") === portName)?.port;
    const ip = slice.endpoints?.find(({ conditions, targetRef }) => targetRef === undefined && conditions?.ready !== false)?.addresses[0];
    if (port !== undefined && ip !== undefined && isOutside(parts, ip)) return { ip, port };
  }
  return undefined;
}

function isOutside({ registry, serviceRange }: BackendParts, ip: string): boolean {
  try {
    requireProxyable(ip);
  } catch {
    return false;
  }
  const nodes = registry.kinds.byResource("", "v1", "nodes");
  const ranges = nodes === undefined ? [] : [...registry.cache.of(nodes).snapshot().range("", "")].flatMap((node) => (node.object() as Node).spec?.podCIDRs ?? []);
  const inside = new BlockList();
  for (const range of [serviceRange, ...ranges]) {
    const [network = "", prefix = ""] = range.split("/");
    if (isIP(network) !== 0) inside.addSubnet(network, Number(prefix), isIP(network) === 6 ? "ipv6" : "ipv4");
  }
  return !inside.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");
}
