import { systemClock } from "../../lib/clock.ts";
import { defaultConfiguration } from "../../scheduler/configuration/configuration.ts";
import { SchedulerCore } from "../../scheduler/core.ts";
import { NODE, type VectorPlacer } from "./vectors.ts";

/** A hundredth of a node. */
const CPU_MILLI = 1000;
const MEMORY_MIB = 4096;

/** The scheduler's own decision core with its default profile on a cluster with empty nodes to spare. */
export function vectorScheduler(nodes: number): VectorPlacer {
  const core = new SchedulerCore({ clock: systemClock, configuration: defaultConfiguration });
  const amounts = { cpu: `${NODE * CPU_MILLI}m`, memory: `${NODE * MEMORY_MIB}Mi`, pods: "1000" };
  for (let i = 0; i < nodes; i++) core.setNode({ apiVersion: "v1", kind: "Node", metadata: { name: `node-${i}`, uid: `node-${i}` }, status: { allocatable: amounts, capacity: amounts } });
  return {
    place(pod, name) {
      const requests = { cpu: `${pod.cpu * CPU_MILLI}m`, memory: `${pod.memory * MEMORY_MIB}Mi` };
      core.setPod({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "bench", uid: name }, spec: { containers: [{ name: "main", image: "job", resources: { requests } }] } });
      const decision = core.step();
      if (decision?.type !== "placed") throw new Error(`there are too few nodes for ${name}`);
      core.bound(decision.pod);
    },
    remove: (name) => core.removePod(`bench/${name}`),
    get nodesInUse() {
      return core.snapshot.nodes.reduce((sum, node) => sum + (node.placements.size > 0 ? 1 : 0), 0);
    },
  };
}
