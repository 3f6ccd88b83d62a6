import type { EndpointSlice, IngressClass, LimitRange, NetworkPolicy, ResourceQuota } from "../wire.ts";
import { roundResources } from "./resource-list.ts";

/** Limits of containers fill one another: the default is the maximum, the default request is the default, or else the minimum. */
export function defaultLimitRange(range: LimitRange): void {
  for (const limit of range.spec?.limits ?? []) {
    for (const list of [limit.max, limit.min, limit.default, limit.defaultRequest, limit.maxLimitRequestRatio]) roundResources(list);
    if (limit.type !== "Container") continue;
    limit.default = { ...limit.max, ...limit.default };
    limit.defaultRequest = { ...limit.min, ...limit.default, ...limit.defaultRequest };
  }
}

export function defaultResourceQuota(quota: ResourceQuota): void {
  roundResources(quota.spec?.hard);
  roundResources(quota.status?.hard);
  roundResources(quota.status?.used);
}

export function defaultIngressClass(ingressClass: IngressClass): void {
  const parameters = ingressClass.spec?.parameters;
  if (parameters) parameters.scope ??= "Cluster";
}

/** A policy is about what comes in, and about what goes out where it has rules for that. */
export function defaultNetworkPolicy(policy: NetworkPolicy): void {
  const spec = policy.spec;
  if (!spec) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
}

export function defaultEndpointSlice(slice: EndpointSlice): void {
  for (const port of slice.ports ?? []) {
    port.name ??= "";
    port.protocol ??= "TCP";
  }
}
