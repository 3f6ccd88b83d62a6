import type { Pod } from "../../../api/wire.ts";
import { isHostNetwork, specOf } from "../spec.ts";

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface DnsResult {
  readonly config: DnsConfig;
  /** Warnings for events of reason DNSConfigForming. */
  readonly warnings: readonly string[];
}

export interface ClusterDns {
  readonly servers: readonly string[];
  readonly domain: string;
  /** The node's own resolver configuration. */
  readonly node: DnsConfig;
}

/** resolv.conf(5) and Kubernetes' own limits. */
const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const CLUSTER_OPTIONS = ["ndots:5"];

/** A resolv.conf's contents; unknown keywords are left out. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...fields] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && fields[0] !== undefined) servers.push(fields[0]);
    if (keyword === "search") searches = fields.map((domain) => (domain === "." ? domain : domain.replace(/\.$/, "")));
    if (keyword === "options") options = [...options, ...fields];
  }
  return { servers, searches, options };
}

/** The pod's resolver configuration by its dnsPolicy and dnsConfig. */
export function podDns(pod: Pod, cluster: ClusterDns): DnsResult {
  const spec = specOf(pod);
  const warnings: string[] = [];
  const base = baseConfig(pod, cluster);
  const extra = spec.dnsConfig ?? {};
  const merged = {
    servers: unique([...base.servers, ...(extra.nameservers ?? [])]),
    searches: unique([...base.searches, ...(extra.searches ?? [])]),
    options: mergeOptions(base.options, extra.options ?? []),
  };
  return { config: { ...merged, servers: cutServers(merged.servers, warnings), searches: cutSearches(merged.searches, warnings) }, warnings };
}

function baseConfig(pod: Pod, cluster: ClusterDns): DnsConfig {
  const policy = specOf(pod).dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const isCluster = policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !isHostNetwork(pod));
  if (!isCluster || cluster.servers.length === 0) return cluster.node;
  const { domain, node } = cluster;
  const own = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers: cluster.servers, searches: unique([...own, ...node.searches]), options: CLUSTER_OPTIONS };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** An option of the pod replaces the same one of the policy. */
function mergeOptions(base: readonly string[], extra: readonly { readonly name?: string; readonly value?: string }[]): string[] {
  const options = new Map(base.map((option) => [option.split(":")[0] ?? option, option]));
  for (const { name = "", value } of extra) options.set(name, value === undefined || value === "" ? name : `${name}:${value}`);
  return [...options.values()];
}

function cutServers(servers: readonly string[], warnings: string[]): string[] {
  if (servers.length <= MAX_SERVERS) return [...servers];
  const kept = servers.slice(0, MAX_SERVERS);
  warnings.push(`Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${kept.join(" ")}`);
  return kept;
}

function cutSearches(searches: readonly string[], warnings: string[]): string[] {
  let kept = searches.slice(0, MAX_SEARCHES);
  while (kept.join(" ").length > MAX_SEARCH_CHARACTERS) kept = kept.slice(0, -1);
  if (kept.length < searches.length) warnings.push(`Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${kept.join(" ")}`);
  return kept;
}
