import { duplicate, forbidden, invalid, notSupported, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { Service } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { isDualStack, parseIp, validateLegacyIp } from "./ip.ts";
import { dns1123Subdomain } from "./names.ts";

type Spec = NonNullable<Service["spec"]>;

const CLUSTER_IPS = fieldPath("spec", "clusterIPs");
const IP_FAMILIES = fieldPath("spec", "ipFamilies");
const FAMILY_POLICY = fieldPath("spec", "ipFamilyPolicy");
const families = ["IPv4", "IPv6"];
const familyPolicies = ["SingleStack", "PreferDualStack", "RequireDualStack"];
const MAX_IPS = 2;

/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy fit together. The registry asks this also before it allocates. */
export function validateClusterIps(service: Service, old: Service | undefined, errors: Errors): void {
  const spec = service.spec ?? {};
  if (spec.type === "ExternalName") return;
  const ips = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (ips.length === 0) errors.push(required(CLUSTER_IPS));
    else if (ips[0] !== spec.clusterIP) errors.push(invalid(CLUSTER_IPS, ips, "first value must match `clusterIP`"));
  } else if (ips.length > 0) errors.push(invalid(CLUSTER_IPS, ips, "must be empty when `clusterIP` is not specified"));
  validateFamilies(spec, errors);
  if (!validateEachIp(ips, old?.spec?.clusterIPs, errors)) return;
  if (ips.length > 1 && !isDualStack(ips.map(parseIp))) errors.push(invalid(CLUSTER_IPS, ips, "may specify no more than one IP for each IP family"));
  if (ips[0] === "None") return;
  spec.ipFamilies?.slice(0, ips.length).forEach((family, i) => {
    const ip = ips[i] ?? "";
    const found = parseIp(ip)?.family === 6 ? "IPv6" : "IPv4";
    if (families.includes(family) && found !== family) errors.push(invalid(CLUSTER_IPS.index(i), ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``));
  });
}

function validateFamilies(spec: Spec, errors: Errors): void {
  const seen = new Set<string>();
  spec.ipFamilies?.forEach((family, i) => {
    if (!families.includes(family)) errors.push(notSupported(IP_FAMILIES.index(i), family, families));
    if (seen.has(family)) errors.push(duplicate(IP_FAMILIES.index(i), family));
    seen.add(family);
  });
  const policy = spec.ipFamilyPolicy;
  if (policy !== undefined && !familyPolicies.includes(policy)) errors.push(notSupported(FAMILY_POLICY, policy, familyPolicies));
}

/** False when an address is wrong: then there is no sense in comparing them. */
function validateEachIp(ips: readonly string[], before: readonly string[] | undefined, errors: Errors): boolean {
  const start = errors.length;
  ips.forEach((ip, i) => {
    if (i === 0 && ip === "None") {
      if (ips.length > 1) errors.push(invalid(CLUSTER_IPS, ips, "'None' must be the first and only value"));
    } else validateLegacyIp(ip, CLUSTER_IPS.index(i), errors, before);
  });
  const valid = errors.length === start;
  if (ips.length > MAX_IPS) errors.push(invalid(CLUSTER_IPS, ips, `may only hold up to ${MAX_IPS} values`));
  return valid;
}

const isExternalName = (service: Service) => service.spec?.type === "ExternalName";
const isHeadless = (spec: Spec | undefined) => spec?.clusterIPs?.length === 1 && spec.clusterIPs[0] === "None";
const FIXED_TEXT = "may not change once set";

/** The first address and family never change; a second one may come and, with the policy SingleStack, go. */
export function validateAddressUpdate(service: Service, old: Service, errors: Errors): void {
  if (isExternalName(service) || isExternalName(old)) return;
  const spec = service.spec ?? {};
  const before = old.spec ?? {};
  const [headless, wasHeadless] = [isHeadless(spec), isHeadless(before)];
  if (!(headless && wasHeadless)) validateIpsUpdate(spec, before, errors);
  if (!headless && !wasHeadless) validateFamiliesUpdate(spec, before, errors);
}

function validateIpsUpdate(spec: Spec, old: Spec, errors: Errors): void {
  const ips = spec.clusterIPs ?? [];
  const oldIps = old.clusterIPs ?? [];
  if (ips.length === oldIps.length) {
    oldIps.forEach((ip, i) => {
      if (ip !== ips[i]) errors.push(invalid(CLUSTER_IPS.index(i), ips, FIXED_TEXT));
    });
    return;
  }
  if (ips.length === 0) errors.push(invalid(CLUSTER_IPS.index(0), spec.clusterIPs ?? null, "primary clusterIP can not be unset"));
  else if (oldIps.length > 0 && ips[0] !== oldIps[0]) errors.push(invalid(CLUSTER_IPS.index(0), ips, FIXED_TEXT));
  if (ips.length < oldIps.length && ips.length === 1) requireSingleStack(spec, "clusterIP", errors);
}

function validateFamiliesUpdate(spec: Spec, old: Spec, errors: Errors): void {
  const now = spec.ipFamilies ?? [];
  const before = old.ipFamilies ?? [];
  const first: FieldPath = IP_FAMILIES.index(0);
  if (now.length === before.length) {
    for (const [i, family] of before.entries()) if (family !== now[i]) errors.push(invalid(first, now, FIXED_TEXT));
    return;
  }
  if (now.length < before.length && !spec.clusterIPs?.length) errors.push(invalid(first, spec.ipFamilies ?? null, "primary ipFamily can not be unset"));
  if (now.length > 0 && before.length > 0 && now[0] !== before[0]) errors.push(invalid(first, spec.clusterIPs ?? null, FIXED_TEXT));
  if (now.length < before.length && now.length === 1) requireSingleStack(spec, "ipFamily", errors);
}

function requireSingleStack(spec: Spec, released: string, errors: Errors): void {
  if (spec.ipFamilyPolicy !== "SingleStack") errors.push(invalid(FAMILY_POLICY, spec.ipFamilyPolicy ?? null, `must be set to 'SingleStack' when releasing the secondary ${released}`));
}

const ipModes = ["Proxy", "VIP"];

/** What the load balancer reports: its addresses and names. */
export function validateLoadBalancerStatus(service: Service, old: Service, errors: Errors): void {
  const path = fieldPath("status", "loadBalancer", "ingress");
  const before = old.status?.loadBalancer?.ingress?.flatMap((ingress) => ingress.ip ?? []);
  const ingresses = service.status?.loadBalancer?.ingress ?? [];
  if (service.spec?.type !== "LoadBalancer" && ingresses.length > 0) {
    errors.push(forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'"));
    return;
  }
  ingresses.forEach((ingress, i) => {
    const at = path.index(i);
    if (ingress.ip) validateLegacyIp(ingress.ip, at.child("ip"), errors, before);
    const mode = ingress.ipMode;
    if (mode === undefined) {
      if (ingress.ip) errors.push(required(at.child("ipMode"), "must be specified when `ip` is set"));
    } else if (!ingress.ip) errors.push(forbidden(at.child("ipMode"), "may not be specified when `ip` is not set"));
    else if (!ipModes.includes(mode)) errors.push(notSupported(at.child("ipMode"), mode, ipModes));
    if (ingress.hostname) validateHostname(ingress.hostname, at.child("hostname"), errors);
  });
}

/** A name of a load balancer: never an address. */
export function validateHostname(hostname: string, path: FieldPath, errors: Errors): void {
  invalidEach(dns1123Subdomain(hostname), hostname, path, errors);
  if (parseIp(hostname)) errors.push(invalid(path, hostname, "must be a DNS name, not an IP address"));
}
