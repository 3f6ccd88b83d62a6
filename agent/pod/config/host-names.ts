import type { Pod } from "../../../api/wire.ts";
import { specOf } from "../spec.ts";

/** Linux's longest hostname. */
const MAX_HOSTNAME = 64;
/** A label of DNS. */
const MAX_LABEL = 63;

export interface PodNames {
  /** Without the domain. */
  readonly hostname: string;
  /** `h.s.ns.svc.cluster.local`, where the pod has a subdomain. */
  readonly fqdn: string | undefined;
}

/** The pod's own names: spec.hostnameOverride, else spec.hostname, else its name cut to a label. */
export function podNames(pod: Pod, clusterDomain: string): PodNames {
  const spec = specOf(pod);
  const override = spec.hostnameOverride;
  if (override !== undefined) return { hostname: override, fqdn: undefined };
  const hostname = spec.hostname || cutToLabel(pod.metadata.name ?? "");
  const fqdn = spec.subdomain ? `${hostname}.${spec.subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : undefined;
  return { hostname, fqdn };
}

function cutToLabel(name: string): string {
  return name.length <= MAX_LABEL ? name : name.slice(0, MAX_LABEL).replace(/[-.]+$/, "");
}

/** What the kernel is told: the FQDN where the pod asks for that. @throws Error with kubelet's words when it is too long */
export function kernelHostname(pod: Pod, names: PodNames): string {
  if (specOf(pod).setHostnameAsFQDN !== true || names.fqdn === undefined) return names.hostname;
  if (names.fqdn.length > MAX_HOSTNAME) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${names.fqdn} is too long (${MAX_HOSTNAME} characters is the max, ${names.fqdn.length} characters requested)`,
    );
  }
  return names.fqdn;
}

/** The pod's /etc/hosts. `nodeHosts`: the node's own file, for pods on the host's network. */
export function hostsFile(pod: Pod, names: PodNames, ips: readonly string[], nodeHosts: string | undefined): string {
  const lines: string[] = [];
  if (nodeHosts !== undefined) lines.push("# Kubernetes-managed hosts file (host network).", nodeHosts.replace(/\n$/, ""));
  else {
    lines.push(
      "# Kubernetes-managed hosts file.",
      "127.0.0.1\tlocalhost",
      "::1\tlocalhost ip6-localhost ip6-loopback",
      "fe00::0\tip6-localnet",
      "fe00::0\tip6-mcastprefix",
      "fe00::1\tip6-allnodes",
      "fe00::2\tip6-allrouters",
    );
    for (const ip of ips) lines.push([ip, ...(names.fqdn === undefined ? [] : [names.fqdn]), names.hostname].join("\t"));
  }
  const aliases = specOf(pod).hostAliases ?? [];
  if (aliases.length > 0) lines.push("", "# Entries added by HostAliases.");
  for (const { ip, hostnames = [] } of aliases) lines.push(`${ip}\t${hostnames.join("\t")}`);
  return `${lines.join("\n")}\n`;
}
