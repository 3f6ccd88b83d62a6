import { measureDecisions } from "./scheduler/decisions.ts";
import { measureEndToEnd } from "./scheduler/end-to-end.ts";
import { WORKLOADS } from "./scheduler/workloads.ts";

/**
 * How fast the scheduler is: its decisions alone (PART=decisions), and end to end through a real API server (PART=end-to-end) on each of STORES.
 * NODES, PODS and WORKLOAD (names, separated by commas) narrow the run.
 */
const { PART = "decisions,end-to-end", NODES = "500,5000,50000", PODS = "10000", WORKLOAD = "", STORES = "embedded,etcd" } = process.env;
const parts = PART.split(",");
const wanted = WORKLOAD === "" ? WORKLOADS : WORKLOAD.split(",").map((name) => {
  const workload = WORKLOADS.find((one) => one.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}; there are ${WORKLOADS.map((one) => one.name).join(", ")}`);
  return workload;
});
/** Beyond this, basic alone is measured, to show how it grows. */
const LARGEST = 5000;

for (const size of NODES.split(",").map(Number)) {
  for (const workload of wanted) {
    // A workload of a fixed size is measured with the largest size of the others.
    const nodes = workload.nodes === undefined ? size : size === LARGEST ? workload.nodes : undefined;
    if (nodes === undefined || (size > LARGEST && workload.name !== "basic")) continue;
    const pods = Math.min(Number(PODS), workload.most?.(nodes) ?? Number.POSITIVE_INFINITY);
    if (parts.includes("decisions")) measureDecisions(workload, nodes, pods);
    if (!parts.includes("end-to-end") || size > LARGEST) continue;
    for (const store of STORES.split(",")) await measureEndToEnd(workload, nodes, pods, store === "etcd" ? "etcd" : "embedded");
  }
}
