import { type ClusterScore, normaliseByMax } from "./score.ts";

/** The sum of the weights of the preferred node affinity terms that the node matches. */
export const nodeAffinityPreference: ClusterScore = {
  name: "NodeAffinity",
  defaultWeight: 2,
  prepare(pod, { snapshot }) {
    const terms = pod.shape.preferredNodes;
    if (terms.length === 0) return undefined;
    return {
      raw(node) {
        let sum = 0;
        for (const term of terms) if (term.matches(snapshot.nodes[node]!)) sum += term.weight;
        return sum;
      },
      normalise: (values) => normaliseByMax(values, false),
    };
  },
};
