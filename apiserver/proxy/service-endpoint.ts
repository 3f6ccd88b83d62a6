import { serviceUnavailable } from "../../api/status/errors.ts";
import type { EndpointSlice, Pod, Service } from "../../api/wire.ts";
import { getObject } from "../registry/get.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { parseNumber } from "./port.ts";
import type { PodAddress } from "./node-tunnel.ts";

const SERVICE_LABEL = "kubernetes.io/service-name";

/**
 * One of a Service's ready endpoints, by chance: only a pod of the Service's own namespace whose address the endpoint really has, so that nobody gets
 * the API server to call an address of their choosing. `port` is a number of the Service's, the name of one, or "".
 * @throws StatusError 404, 503 `no endpoints available for service "x"`
 */
export async function pickEndpoint(registry: Registry, namespace: string, name: string, port: string, asked: string): Promise<PodAddress> {
  const service = (await getObject(registry, required(registry, "", "services"), namespace, name, undefined)).object() as Service;
  const portName = portNameOf(service, port);
  const slices = slicesOf(registry, namespace, name);
  if (slices.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  const found = slices.flatMap((slice) => readyIn(slice).flatMap((address) => (slice.ports ?? []).filter((one) => (one.name ?? "") === portName && one.port !== undefined).map((one) => ({ ...address, port: one.port ?? 0 }))));
  const first = Math.floor(registry.random.next() * found.length);
  for (let i = 0; i < found.length; i++) {
    const { ip, pod: podName, port: number } = found[(first + i) % found.length]!;
    const pod = podOf(registry, namespace, podName);
    if (pod?.spec?.nodeName === undefined || pod.status?.podIPs?.some((one) => one.ip === ip) !== true) continue;
    return { nodeName: pod.spec.nodeName, namespace, pod: podName, uid: pod.metadata.uid ?? "", ip, port: number };
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(asked)}`);
}

/** Endpoints have ports by name. */
function portNameOf(service: Service, port: string): string {
  const number = parseNumber(port);
  if (number === undefined) return port;
  const found = service.spec?.ports?.find((one) => one.port === number);
  if (found === undefined) throw serviceUnavailable(`no service port ${number} found for service ${JSON.stringify(service.metadata.name)}`);
  return found.name ?? "";
}

function slicesOf(registry: Registry, namespace: string, name: string): EndpointSlice[] {
  const slices: EndpointSlice[] = [];
  for (const cached of registry.cache.of(required(registry, "discovery.k8s.io", "endpointslices")).snapshot().range(`${namespace}/`, `${namespace}0`)) {
    if (cached.labels?.[SERVICE_LABEL] === name) slices.push(cached.object() as EndpointSlice);
  }
  return slices;
}

function readyIn(slice: EndpointSlice): { ip: string; pod: string }[] {
  return (slice.endpoints ?? [])
    .filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod" && targetRef.namespace === slice.metadata.namespace)
    .flatMap(({ addresses, targetRef }) => addresses.slice(0, 1).map((ip) => ({ ip, pod: targetRef?.name ?? "" })));
}

function podOf(registry: Registry, namespace: string, name: string): Pod | undefined {
  const kind = required(registry, "", "pods");
  return registry.cache.of(kind).get(kind.objectKey(namespace, name))?.object() as Pod | undefined;
}

function required(registry: Registry, group: string, plural: string): ServedKind {
  const kind = registry.kinds.byResource(group, "v1", plural);
  if (kind === undefined) throw serviceUnavailable(`${plural} are not served here`);
  return kind;
}
