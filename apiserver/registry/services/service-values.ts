import type { Service } from "../../../api/wire.ts";

/** Values of a Service that nobody else may have at the same time, as keys: `ip/10.96.0.7`, `port/TCP/30001`. */
export function reservedValues(service: Service | undefined): string[] {
  if (service?.spec === undefined) return [];
  const { spec } = service;
  const values = new Set<string>();
  if (needsClusterIp(service)) for (const ip of spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])) if (ip !== "" && ip !== "None") values.add(`ip/${ip}`);
  for (const port of spec.ports ?? []) if (port.nodePort) values.add(`port/${port.nodePort}/${port.protocol ?? "TCP"}`);
  if (spec.healthCheckNodePort) values.add(`port/${spec.healthCheckNodePort}/TCP`);
  return [...values];
}

export function needsClusterIp(service: Service): boolean {
  return service.spec?.type !== "ExternalName";
}

export function needsNodePorts(service: Service): boolean {
  const { spec } = service;
  return spec?.type === "NodePort" || (spec?.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false);
}

export function needsHealthCheckPort(service: Service): boolean {
  return service.spec?.type === "LoadBalancer" && service.spec.externalTrafficPolicy === "Local";
}
