import type { Node, Pod } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SchedulerConfiguration } from "../configuration/configuration.ts";
import { type ClusterObjects, coreOf } from "../explain/cluster-objects.ts";
import { REBALANCING } from "./trial-moves.ts";

/** Decisions of one proof: more pods than that wait ahead of the moved one only where the cluster is in other trouble. */
const MAX_DECISIONS = 20_000;
const REPLACEMENT = "replacement";

export type Proof = { readonly type: "place"; readonly node: string } | { readonly type: "none"; readonly reason: string };

/**
 * Whether the pod would have a place once it is evicted: the cluster as it is now without it, and with the pod that its controller would make, run
 * through the scheduler's own queue, filters, scores and assume, all other pending pods included. Nothing else may be evicted for it.
 */
export function proveMove(objects: ClusterObjects, pod: Pod, options: { readonly clock: Clock; readonly configuration: SchedulerConfiguration }): Proof {
  const from = pod.spec?.nodeName;
  const others = objects.pods.filter((other) => other.metadata.uid !== pod.metadata.uid);
  const nodes = objects.nodes.map((node) => (node.metadata.name === from ? avoided(node) : node));
  const core = coreOf({ ...objects, nodes, pods: [...others, replacementOf(pod)] }, options);
  for (let i = 0; i < MAX_DECISIONS; i++) {
    const decision = core.step();
    if (decision === undefined) break;
    if (decision.pod.info.uid !== REPLACEMENT) continue;
    if (decision.type === "unplaced") return { type: "none", reason: `it would have no other place: ${decision.text}` };
    if (decision.node === from) return { type: "none", reason: "the scheduler would put it back on the same node" };
    return { type: "place", node: decision.node };
  }
  return { type: "none", reason: "too many pods wait ahead of it" };
}

/** The node with the soft taint that it carries while it is being emptied. */
export function avoided(node: Node): Node {
  const taints = node.spec?.taints ?? [];
  return taints.some(({ key }) => key === REBALANCING.key) ? node : { ...node, spec: { ...node.spec, taints: [...taints, REBALANCING] } };
}

/** The pod as its controller makes it anew: no node, no status, the youngest. */
function replacementOf({ metadata, spec, ...pod }: Pod): Pod {
  const { nodeName: _node, ...rest } = spec!;
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _time, deletionTimestamp: _gone, ...meta } = metadata;
  const annotations = Object.fromEntries(Object.entries(meta.annotations ?? {}).filter(([key]) => key !== "berth.dev/gpu-devices"));
  return { ...pod, metadata: { ...meta, annotations, uid: REPLACEMENT }, spec: rest, status: { phase: "Pending" } };
}
