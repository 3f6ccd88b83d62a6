import { goQuote } from "../../../api/status/go-text.ts";
import type { Pod } from "../../../api/wire.ts";
import { specOf } from "../spec.ts";

/** Addresses that the API server may not know of yet. */
export interface PodAddresses {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
}

/** `k="v"` lines, sorted: labels and annotations as a file. */
export function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${goQuote(map?.[key] ?? "")}`)
    .join("\n");
}

/**
 * The value of a downward API field reference.
 * @throws Error for a path that is not supported
 */
export function fieldValue(pod: Pod, path: string, addresses: PodAddresses): string {
  const { metadata } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) return metadata[subscript[1] as "labels" | "annotations"]?.[subscript[2] as string] ?? "";
  switch (path) {
    case "metadata.name":
      return metadata.name ?? "";
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "metadata.labels":
      return formatMap(metadata.labels);
    case "metadata.annotations":
      return formatMap(metadata.annotations);
    case "spec.nodeName":
      return specOf(pod).nodeName ?? "";
    case "spec.serviceAccountName":
      return specOf(pod).serviceAccountName ?? "";
    case "status.hostIP":
      return addresses.hostIps[0] ?? "";
    case "status.hostIPs":
      return addresses.hostIps.join(",");
    case "status.podIP":
      return addresses.podIps[0] ?? "";
    case "status.podIPs":
      return addresses.podIps.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}
