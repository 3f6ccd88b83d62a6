import { demandOf } from "../packing/demand.ts";
import type { Packing } from "../packing/packing.ts";
import { mostAllocated } from "./most-allocated.ts";
import { MAX_SCORE, type NodeScore } from "./score.ts";

/** Costs are compared on this scale (thousandths of a device or of a node). */
const SCALE = 1000;

/**
 * Bin packing by what is learned of the workload: the less a placement adds to what the node is expected to keep unused for ever, the better.
 * Until enough pods were seen: the fuller node.
 */
export function packingScore(packing: Packing): NodeScore {
  return {
    name: "Packing",
    defaultWeight: 1,
    epoch: () => packing.outlook,
    compile(shape, snapshot) {
      const demand = demandOf(shape);
      const fullness = mostAllocated.compile(shape, snapshot)!;
      return (node) => (packing.outlook === undefined ? fullness(node) : MAX_SCORE / (1 + Math.exp(packing.place(demand, node).cost / SCALE)));
    },
  };
}
