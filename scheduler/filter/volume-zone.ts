import { claimsOf } from "../volume/claims.ts";
import type { ClusterFilter } from "./filter.ts";

const KEYS = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"];
/** Several zones in one label of a volume. */
const SEPARATOR = "__";

/** A volume that says by labels in which zones and regions it is serves only nodes there. */
export const volumeZone: ClusterFilter = {
  name: "VolumeZone",
  preemptable: false,
  prepare(pod, { snapshot, volumes }) {
    if (pod.volumes === undefined) return undefined;
    const claims = claimsOf(pod, volumes);
    if (typeof claims === "string") return undefined;
    const wanted = claims.bound.flatMap(({ volume }) =>
      KEYS.flatMap((key) => {
        const value = volume.metadata.labels?.[key];
        return value === undefined ? [] : [{ key, values: new Set(value.split(SEPARATOR)) }];
      }),
    );
    if (wanted.length === 0) return undefined;
    return {
      verdict(node) {
        const { labels } = snapshot.nodes[node]!;
        // A node without any such label belongs to a cluster that does not use them.
        if (!KEYS.some((key) => Object.hasOwn(labels, key))) return 0;
        return wanted.every(({ key, values }) => Object.hasOwn(labels, key) && values.has(labels[key]!)) ? 0 : 1;
      },
      reason: () => "node(s) had no available volume zone",
      unresolvable: () => true,
    };
  },
};
