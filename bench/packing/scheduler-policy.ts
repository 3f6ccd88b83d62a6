import type { Node, Pod } from "../../api/wire.ts";
import { systemClock } from "../../lib/clock.ts";
import { defaultConfiguration } from "../../scheduler/configuration/configuration.ts";
import { SchedulerCore } from "../../scheduler/core.ts";
import { planMoves } from "../../scheduler/rebalance/plan.ts";
import type { TraceNode, TracePod } from "./trace.ts";

const MODEL_LABEL = "berth.dev/gpu-model";

export function nodeObject(node: TraceNode): Node {
  const amounts = { cpu: `${node.cpu_milli}m`, memory: `${node.memory_mib}Mi`, pods: "1000", ...(node.devices > 0 && { "nvidia.com/gpu": String(node.devices) }) };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: node.name, uid: node.name, labels: { "kubernetes.io/hostname": node.name, [MODEL_LABEL]: node.model } },
    status: { allocatable: amounts, capacity: amounts },
  };
}

export function podObject(pod: TracePod, name: string): Pod {
  const requests: Record<string, string> = { cpu: `${pod.cpu_milli}m`, memory: `${pod.memory_mib}Mi` };
  if (pod.milli === 1000) requests["nvidia.com/gpu"] = String(pod.devices);
  else if (pod.devices > 0) requests["berth.dev/gpu-milli"] = String(pod.milli);
  const expressions = [{ key: MODEL_LABEL, operator: "In", values: [...pod.models] }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "trace", uid: name },
    spec: {
      containers: [{ name: "main", image: "job", resources: { requests } }],
      ...(pod.models.length > 0 && { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: expressions }] } } } }),
    },
  };
}

export interface Placer {
  /** Offers the next pod; true when it was placed. */
  offer(pod: TracePod): boolean;
}

/** The scheduler's own decision core with its default profile; only the bind call is left out. */
export function schedulerPlacer(nodes: readonly TraceNode[]): Placer & { readonly core: SchedulerCore } {
  const core = new SchedulerCore({ clock: systemClock, configuration: defaultConfiguration });
  for (const node of nodes) core.setNode(nodeObject(node));
  let count = 0;
  return {
    core,
    offer(pod) {
      core.setPod(podObject(pod, `pod-${count++}`));
      const decision = core.step();
      if (decision === undefined) throw new Error("a new pod was not decided");
      if (decision.type === "placed") core.bound(decision.pod);
      else core.removePod(decision.pod.info.key);
      return decision.type === "placed";
    },
  };
}

/** How often pods may be moved, and how many of those that are placed. */
const REBALANCE_EVERY = 500;
const REBALANCE_SHARE = 0.05;

/** The same, and what `berth rebalance` plans is carried out after every REBALANCE_EVERY arrivals, at most REBALANCE_SHARE of the placed pods. */
export function rebalancingPlacer(nodes: readonly TraceNode[]): Placer {
  const { core, offer } = schedulerPlacer(nodes);
  let arrivals = 0;
  return {
    offer(pod) {
      const placed = offer(pod);
      if (++arrivals % REBALANCE_EVERY === 0) planMoves(core, { budget: Math.floor(core.snapshot.placements.size * REBALANCE_SHARE), goals: ["defragment"], stays: () => undefined });
      return placed;
    },
  };
}
