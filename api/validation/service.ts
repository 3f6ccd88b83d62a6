import { duplicate, forbidden, invalid, notSupported, notSupportedInOrder, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { Service } from "../wire.ts";
import { type Errors, invalidEach, requiredEnum } from "./common.ts";
import { internalJson } from "./internal-json.ts";
import { validateLegacyCidr, validateLegacyIp, validateNonSpecialIp } from "./ip.ts";
import { validateLabels } from "./labels.ts";
import { dns1123Label, dns1123Subdomain, nameIsDnsLabel, portNumber, qualifiedName } from "./names.ts";
import { METADATA, validateCoreObjectMeta } from "./object-meta.ts";
import { protocols, validatePortNumberOrName } from "./pod/ports.ts";
import { validateClusterIps } from "./service-addresses.ts";

type Spec = NonNullable<Service["spec"]>;
type Port = NonNullable<Spec["ports"]>[number];

export const SERVICE_SPEC = fieldPath("spec");
const MAX_AFFINITY_S = 86400;
const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";
const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";
const types = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
const trafficPolicies = ["Cluster", "Local"];
const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'";

/** Its only address is "None": clients find the pods by themselves. */
export function isHeadless(service: Service): boolean {
  const ips = service.spec?.clusterIPs;
  return ips?.length === 1 && ips[0] === "None";
}

/** Reachable from outside the cluster. */
export function isExternallyAccessible(service: Service): boolean {
  const { type, externalIPs } = service.spec ?? {};
  return type === "LoadBalancer" || type === "NodePort" || (type === "ClusterIP" && (externalIPs?.length ?? 0) > 0);
}

/** Its load balancer asks every node whether it has endpoints. */
export function needsHealthCheck(service: Service): boolean {
  return service.spec?.type === "LoadBalancer" && service.spec.externalTrafficPolicy === "Local";
}

/** A Service with its allocated values. Addresses that `old` had in a form that is no longer allowed may stay. */
export function validateService(service: Service, old?: Service): Errors {
  const errors: Errors = [];
  const spec = service.spec ?? {};
  // Of an update, the caller's.
  if (old === undefined) validateCoreObjectMeta(service.metadata, true, nameIsDnsLabel, errors);
  validateTopologyAnnotations(service, errors);
  if (!spec.ports?.length && !isHeadless(service) && spec.type !== "ExternalName") errors.push(required(SERVICE_SPEC.child("ports")));
  validateByType(service, spec, errors);
  const names = new Set<string>();
  spec.ports?.forEach((port, i) => {
    validatePort(port, (spec.ports?.length ?? 0) > 1, names, SERVICE_SPEC.child("ports").index(i), errors);
  });
  if (spec.selector) validateLabels(spec.selector, SERVICE_SPEC.child("selector"), errors);
  validateAffinity(spec, errors);
  validateClusterIps(service, old, errors);
  spec.externalIPs?.forEach((ip, i) => {
    const path = SERVICE_SPEC.child("externalIPs").index(i);
    const before = errors.length;
    validateLegacyIp(ip, path, errors, old?.spec?.externalIPs);
    if (errors.length === before) validateNonSpecialIp(ip, path, errors);
  });
  requiredEnum(spec.type, types, SERVICE_SPEC, "type", errors);
  validateUniquePorts(spec, errors);
  validateSourceRanges(service, old, errors);
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== "LoadBalancer") errors.push(forbidden(SERVICE_SPEC.child("allocateLoadBalancerNodePorts"), ONLY_LOAD_BALANCER));
  if (spec.allocateLoadBalancerNodePorts === undefined && spec.type === "LoadBalancer") errors.push(required("allocateLoadBalancerNodePorts"));
  validateLoadBalancerClass(spec, errors);
  validateTrafficPolicies(service, spec, errors);
  return errors;
}

function validateTopologyAnnotations(service: Service, errors: Errors): void {
  const annotations = service.metadata.annotations;
  const hints = annotations?.[TOPOLOGY_HINTS];
  const mode = annotations?.[TOPOLOGY_MODE];
  if (mode !== undefined && hints !== undefined && mode !== hints) {
    errors.push(invalid(METADATA.child("annotations").key(TOPOLOGY_MODE), mode, `must match annotations[${TOPOLOGY_HINTS}] when both are specified`));
  }
}

function validateByType(service: Service, spec: Spec, errors: Errors): void {
  if ((spec.type === "LoadBalancer" || spec.type === "NodePort") && isHeadless(service)) {
    errors.push(invalid(SERVICE_SPEC.child("clusterIPs").index(0), "None", `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== "ExternalName") return;
  const text = "may not be set for ExternalName services";
  if (spec.clusterIPs?.length) errors.push(forbidden(SERVICE_SPEC.child("clusterIPs"), text));
  if (spec.ipFamilies?.length) errors.push(forbidden(SERVICE_SPEC.child("ipFamilies"), text));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden(SERVICE_SPEC.child("ipFamilyPolicy"), text));
  // One dot at the end says that the name is complete.
  const name = spec.externalName?.replace(/\.$/, "") ?? "";
  if (name === "") errors.push(required(SERVICE_SPEC.child("externalName")));
  else invalidEach(dns1123Subdomain(name), name, SERVICE_SPEC.child("externalName"), errors);
}

function validatePort(port: Port, needsName: boolean, names: Set<string>, path: FieldPath, errors: Errors): void {
  if (port.name) {
    invalidEach(dns1123Label(port.name), port.name, path.child("name"), errors);
    if (names.has(port.name)) errors.push(duplicate(path.child("name"), port.name));
    names.add(port.name);
  } else if (needsName) errors.push(required(path.child("name")));
  invalidEach(portNumber(port.port ?? 0), port.port ?? 0, path.child("port"), errors);
  requiredEnum(port.protocol, protocols, path, "protocol", errors);
  validatePortNumberOrName(port.targetPort, path.child("targetPort"), errors);
  if (port.appProtocol !== undefined) invalidEach(qualifiedName(port.appProtocol), port.appProtocol, path.child("appProtocol"), errors);
}

function validateAffinity(spec: Spec, errors: Errors): void {
  requiredEnum(spec.sessionAffinity, ["ClientIP", "None"], SERVICE_SPEC, "sessionAffinity", errors);
  const path = SERVICE_SPEC.child("sessionAffinityConfig");
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "None" && config) errors.push(forbidden(path, "must not be set when session affinity is None"));
  if (spec.sessionAffinity !== "ClientIP") return;
  const text = "when session affinity type is ClientIP";
  const timeout_s = config?.clientIP?.timeoutSeconds;
  if (!config) errors.push(required(path, text));
  else if (!config.clientIP) errors.push(required(path.child("clientIP"), text));
  else if (timeout_s === undefined) errors.push(required(path.child("clientIP", "timeoutSeconds"), text));
  else if (timeout_s <= 0 || timeout_s > MAX_AFFINITY_S) errors.push(invalid(path.child("clientIP", "timeoutSeconds"), timeout_s, `must be greater than 0 and less than ${MAX_AFFINITY_S}`));
}

/** No node port with ClusterIP; no node port and no port twice for one protocol. */
function validateUniquePorts(spec: Spec, errors: Errors): void {
  const path = SERVICE_SPEC.child("ports");
  if (spec.type === "ClusterIP") {
    spec.ports?.forEach((port, i) => {
      if (port.nodePort) errors.push(forbidden(path.index(i).child("nodePort"), "may not be used when `type` is 'ClusterIP'"));
    });
  }
  const nodePorts = new Set<string>();
  spec.ports?.forEach((port, i) => {
    if (!port.nodePort) return;
    const key = `${port.protocol} ${port.nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(path.index(i).child("nodePort"), port.nodePort));
    nodePorts.add(key);
  });
  const ports = new Set<string>();
  spec.ports?.forEach((port, i) => {
    const key = `${port.protocol} ${port.port}`;
    if (ports.has(key)) errors.push(duplicate(path.index(i), internalJson("io.k8s.api.core.v1.ServicePort", { protocol: port.protocol, port: port.port })));
    ports.add(key);
  });
}

/** Networks that a load balancer lets in, in the field or, before there was one, in an annotation. */
function validateSourceRanges(service: Service, old: Service | undefined, errors: Errors): void {
  const { loadBalancerSourceRanges: ranges, type } = service.spec ?? {};
  const before = old?.spec?.loadBalancerSourceRanges?.map((range) => range.trim());
  const annotation = service.metadata.annotations?.[SOURCE_RANGES];
  if (ranges?.length) {
    const path = SERVICE_SPEC.child("LoadBalancerSourceRanges");
    if (type !== "LoadBalancer") errors.push(forbidden(path, ONLY_LOAD_BALANCER));
    ranges.forEach((range, i) => {
      validateLegacyCidr(range.trim(), path.index(i), errors, before);
    });
  } else if (annotation !== undefined) {
    const path = METADATA.child("annotations").key(SOURCE_RANGES);
    if (type !== "LoadBalancer") errors.push(forbidden(path, ONLY_LOAD_BALANCER));
    if (annotation.trim() === "" || annotation === old?.metadata.annotations?.[SOURCE_RANGES]) return;
    for (const range of annotation.split(",")) validateLegacyCidr(range.trim(), path, errors);
  }
}

/** On an update the class of what stays a load balancer is fixed. */
export function validateLoadBalancerClass(spec: Spec, errors: Errors, old?: Spec): void {
  const path = SERVICE_SPEC.child("loadBalancerClass");
  const value = spec.loadBalancerClass;
  if (old?.type === "LoadBalancer" && spec.type === "LoadBalancer" && old.loadBalancerClass !== value) errors.push(invalid(path, value ?? null, "may not change once set"));
  if (value === undefined) return;
  if (spec.type === "LoadBalancer") invalidEach(qualifiedName(value), value, path, errors);
  else errors.push(forbidden(path, ONLY_LOAD_BALANCER));
}

function validateTrafficPolicies(service: Service, spec: Spec, errors: Errors): void {
  if (isExternallyAccessible(service)) requiredEnum(spec.externalTrafficPolicy, trafficPolicies, SERVICE_SPEC, "externalTrafficPolicy", errors);
  else if (spec.externalTrafficPolicy) errors.push(invalid(SERVICE_SPEC.child("externalTrafficPolicy"), spec.externalTrafficPolicy, "may only be set for externally-accessible services"));
  const port = spec.healthCheckNodePort ?? 0;
  const portPath = SERVICE_SPEC.child("healthCheckNodePort");
  if (!needsHealthCheck(service)) {
    if (port !== 0) errors.push(invalid(portPath, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  } else if (port === 0) errors.push(required(portPath));
  else invalidEach(portNumber(port), port, portPath, errors);
  const internal = spec.internalTrafficPolicy;
  if (internal === undefined) {
    if (spec.type === "ClusterIP" || spec.type === "NodePort" || spec.type === "LoadBalancer") errors.push(required(SERVICE_SPEC.child("internalTrafficPolicy")));
  } else if (!trafficPolicies.includes(internal)) errors.push(notSupported(SERVICE_SPEC.child("internalTrafficPolicy"), internal, trafficPolicies));
  const distribution = spec.trafficDistribution;
  if (distribution !== undefined && !distributions.includes(distribution)) errors.push(notSupportedInOrder(SERVICE_SPEC.child("trafficDistribution"), distribution, distributions));
}
