import type { Pod } from "../../../api/wire.ts";
import type { Init } from "../../../cri/vocabulary.ts";
import { isHostNetwork, specOf, uidOf } from "../spec.ts";
import type { DnsConfig } from "./dns.ts";
import { podLabels } from "./labels.ts";
import { podLimits } from "./resources.ts";
import { sandboxSecurityContext } from "./security.ts";

export interface SandboxInput {
  readonly pod: Pod;
  readonly nodeName: string;
  readonly attempt: number;
  /** Empty for the host's own. */
  readonly hostname: string;
  readonly logDirectory: string;
  readonly cgroupParent: string;
  readonly dns: DnsConfig;
}

/** The sandbox that the runtime is asked for. */
export function sandboxConfig(input: SandboxInput): Init<"PodSandboxConfig"> {
  const { pod } = input;
  const spec = specOf(pod);
  const limits = podLimits(pod);
  const sysctls = Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll("/", "."), value]));
  return {
    metadata: { name: pod.metadata.name ?? "", namespace: pod.metadata.namespace ?? "", uid: uidOf(pod), attempt: input.attempt },
    hostname: isHostNetwork(pod) ? "" : input.hostname,
    logDirectory: input.logDirectory,
    dnsConfig: input.dns,
    portMappings: isHostNetwork(pod) ? [] : portMappings(pod),
    labels: { ...pod.metadata.labels, ...podLabels(pod, input.nodeName) },
    annotations: pod.metadata.annotations ?? {},
    linux: {
      cgroupParent: input.cgroupParent,
      sysctls,
      securityContext: sandboxSecurityContext(pod),
      resources: { cpuShares: limits.cpuShares, cpuPeriod: limits.cpuPeriod_us, cpuQuota: limits.cpuQuota_us, memoryLimitInBytes: limits.memory_bytes },
    },
  };
}

function portMappings(pod: Pod): Init<"PortMapping">[] {
  const spec = specOf(pod);
  return [...(spec.initContainers ?? []), ...spec.containers]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => port.hostPort !== undefined && port.hostPort > 0)
    .map((port) => ({
      protocol: (port.protocol ?? "TCP") as "TCP" | "UDP" | "SCTP",
      containerPort: port.containerPort,
      hostPort: port.hostPort,
      hostIp: port.hostIP ?? "",
    }));
}
