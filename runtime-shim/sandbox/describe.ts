import type { Init } from "../../cri/vocabulary.ts";
import type { SandboxRecord } from "../state/records.ts";

/** PodSandboxStatus of a record as it is now. */
export function sandboxStatus(record: SandboxRecord): Init<"PodSandboxStatus"> {
  const [ip = "", ...others] = record.ips;
  const options = record.config.linux?.securityContext?.namespaceOptions;
  return {
    id: record.id,
    metadata: record.config.metadata,
    state: record.phase === "ready" ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
    createdAt: record.createdAt_ns,
    network: { ip, additionalIps: others.map((other) => ({ ip: other })) },
    linux: { namespaces: options === undefined ? {} : { options } },
    labels: record.config.labels,
    annotations: record.config.annotations,
    runtimeHandler: record.runtimeHandler,
  };
}
