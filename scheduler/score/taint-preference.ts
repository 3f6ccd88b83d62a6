import { tolerates } from "../../api/selector/tolerations.ts";
import { type ClusterScore, normaliseByMax } from "./score.ts";

/** The fewer PreferNoSchedule taints that the pod does not tolerate, the better. */
export const taintPreference: ClusterScore = {
  name: "TaintToleration",
  defaultWeight: 3,
  prepare(pod, { snapshot }) {
    if (snapshot.softTaintedNodes === 0) return undefined;
    const tolerations = pod.shape.tolerations.filter((toleration) => !toleration.effect || toleration.effect === "PreferNoSchedule");
    return {
      raw: (node) => snapshot.nodes[node]!.softTaints.filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint))).length,
      normalise: (values) => normaliseByMax(values, true),
    };
  },
};
