import type { Pod, Service } from "../../../api/wire.ts";
import { specOf } from "../spec.ts";

/** Services of this namespace and name are in the environment of every pod. */
const MASTER_NAMESPACE = "default";
const MASTER_NAME = "kubernetes";

/** `NAME_SERVICE_HOST` and the like for the services that the pod sees: those of its namespace (unless enableServiceLinks is false) and `kubernetes`. */
export function serviceEnvironment(pod: Pod, services: Iterable<Service>): Map<string, string> {
  const withLinks = specOf(pod).enableServiceLinks !== false;
  const env = new Map<string, string>();
  const seen: Service[] = [];
  for (const service of services) {
    const { name, namespace } = service.metadata;
    const isMaster = namespace === MASTER_NAMESPACE && name === MASTER_NAME;
    const isOwn = withLinks && namespace === pod.metadata.namespace;
    const ip = service.spec?.clusterIP;
    if ((isMaster || isOwn) && ip !== undefined && ip !== "" && ip !== "None") seen.push(service);
  }
  // One of the pod's own namespace wins over default's.
  seen.sort((a, b) => Number(a.metadata.namespace === pod.metadata.namespace) - Number(b.metadata.namespace === pod.metadata.namespace));
  for (const service of seen) addService(env, service);
  return env;
}

function variable(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function addService(env: Map<string, string>, service: Service): void {
  const { clusterIP = "", ports = [] } = service.spec ?? {};
  const [first] = ports;
  if (first === undefined) return;
  const name = variable(service.metadata.name ?? "");
  env.set(`${name}_SERVICE_HOST`, clusterIP);
  env.set(`${name}_SERVICE_PORT`, String(first.port));
  for (const port of ports) if (port.name) env.set(`${name}_SERVICE_PORT_${variable(port.name)}`, String(port.port));
  const host = clusterIP.includes(":") ? `[${clusterIP}]` : clusterIP;
  for (const [index, port] of ports.entries()) {
    const protocol = (port.protocol ?? "TCP").toLowerCase();
    const prefix = `${name}_PORT_${port.port}_${protocol.toUpperCase()}`;
    const url = `${protocol}://${host}:${port.port}`;
    if (index === 0) env.set(`${name}_PORT`, url);
    env.set(prefix, url);
    env.set(`${prefix}_PROTO`, protocol);
    env.set(`${prefix}_PORT`, String(port.port));
    env.set(`${prefix}_ADDR`, clusterIP);
  }
}
