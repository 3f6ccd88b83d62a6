import { defaultService } from "../../defaults/service.ts";
import { fieldPath } from "../../status/field-path.ts";
import { goQuote } from "../../status/go-text.ts";
import { cidrWarnings, ipWarnings } from "../../validation/ip.ts";
import { isExternallyAccessible, needsHealthCheck, validateService } from "../../validation/service.ts";
import { validateServiceStatusUpdate, validateServiceUpdate } from "../../validation/service-update.ts";
import type { Service } from "../../wire.ts";
import type { Strategy, UpdateStrategy } from "../kind.ts";
import { loadBalancerWarnings } from "../load-balancer.ts";
import { restoreField, statusOnly } from "../strategies.ts";

type Spec = NonNullable<Service["spec"]>;

const SPEC = fieldPath("spec");
const TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints";

export const serviceStrategy: Strategy<Service> = {
  applyDefaults: defaultService,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  prepareForUpdate(service, old) {
    restoreField(service, old, "status");
    dropUnneeded(service, old);
  },
  validate: (service) => validateService(service),
  validateUpdate: validateServiceUpdate,
  warnings: (service) => serviceWarnings(service),
  allowCreateOnUpdate: true,
  returnDeletedObject: true,
};

export const serviceStatusStrategy: UpdateStrategy<Service> = { ...statusOnly(), validateUpdate: validateServiceStatusUpdate, warnings: loadBalancerWarnings };

const usesNodePorts = (service: Service) => service.spec?.type === "NodePort" || service.spec?.type === "LoadBalancer";
const sameList = (a: readonly string[] | undefined, b: readonly string[] | undefined) => (a ?? []).join() === (b ?? []).join();

/** A change of type takes away what only the old type needs, where the client left it as it was. */
function dropUnneeded(service: Service, old: Service): void {
  const spec = service.spec;
  const before = old.spec;
  if (!spec || !before) return;
  if (spec.type === "ExternalName" && before.type !== "ExternalName") dropAddresses(spec, before);
  if (usesNodePorts(old) && !usesNodePorts(service)) {
    const known = new Set(before.ports?.map((port) => port.nodePort));
    if (spec.ports?.every((port) => !port.nodePort || known.has(port.nodePort))) for (const port of spec.ports) delete port.nodePort;
  }
  if (needsHealthCheck(old) && !needsHealthCheck(service)) dropIfSame(spec, before, "healthCheckNodePort");
  if (before.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    dropIfSame(spec, before, "allocateLoadBalancerNodePorts");
    dropIfSame(spec, before, "loadBalancerClass");
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service)) dropIfSame(spec, before, "externalTrafficPolicy");
}

function dropIfSame(spec: Spec, old: Spec, field: keyof Spec): void {
  if (spec[field] === old[field]) delete spec[field];
}

function dropAddresses(spec: Spec, old: Spec): void {
  if (sameList(spec.clusterIPs, old.clusterIPs)) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
  if (sameList(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies;
  dropIfSame(spec, old, "ipFamilyPolicy");
  dropIfSame(spec, old, "internalTrafficPolicy");
}

function serviceWarnings(service: Service): string[] {
  const warnings: string[] = [];
  const spec = service.spec ?? {};
  const externalIps = spec.externalIPs ?? [];
  const isExternalName = spec.type === "ExternalName";
  const headless = spec.type === "ClusterIP" && spec.clusterIP === "None";
  if (service.metadata.annotations?.[TOPOLOGY_HINTS] !== undefined) {
    warnings.push(`annotation ${TOPOLOGY_HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  if (!isExternalName && !headless) spec.clusterIPs?.forEach((ip, i) => {
    warnings.push(...ipWarnings(ip, SPEC.child("clusterIPs").index(i)));
  });
  if (headless) {
    if (spec.loadBalancerIP) warnings.push("spec.loadBalancerIP is ignored for headless services");
    if (externalIps.length > 0) warnings.push("spec.externalIPs is ignored for headless services");
    if (spec.sessionAffinity !== "None") warnings.push("spec.SessionAffinity is ignored for headless services");
  }
  externalIps.forEach((ip, i) => {
    warnings.push(...ipWarnings(ip, SPEC.child("externalIPs").index(i)));
  });
  if (externalIps.length > 0 && !headless && !isExternalName) warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  if (spec.loadBalancerIP) warnings.push(...ipWarnings(spec.loadBalancerIP, SPEC.child("loadBalancerIP")));
  spec.loadBalancerSourceRanges?.forEach((range, i) => {
    warnings.push(...cidrWarnings(range, SPEC.child("loadBalancerSourceRanges").index(i)));
  });
  if (isExternalName && externalIps.length > 0) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName && spec.externalName) warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === "PreferClose") warnings.push(`spec.trafficDistribution: ${goQuote("PreferClose")} is deprecated; use ${goQuote("PreferSameZone")}`);
  return warnings;
}
