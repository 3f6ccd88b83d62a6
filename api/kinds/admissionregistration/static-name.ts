import type { ApiObject } from "../../wire.ts";

const STATIC_SUFFIX = ".static.k8s.io";

/** KEP-5793: names that are kept for configuration from files. */
export function staticNameWarnings({ metadata }: ApiObject): string[] {
  if (!metadata.name?.endsWith(STATIC_SUFFIX)) return [];
  return [`metadata.name: names ending with "${STATIC_SUFFIX}" are reserved for static manifest-based configurations and cannot be managed via the API`];
}
