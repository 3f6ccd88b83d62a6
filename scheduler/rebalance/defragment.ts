import type { Decider } from "../decide/decider.ts";
import type { PodShape } from "../snapshot/pod-shape.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PlanContext } from "./plan.ts";

/** A move must save at least this many thousandths of a device (of a node, where it has none): below it, evicting a pod is not worth it. */
const MIN_GAIN = 20;
/** The packing score's scale: 100 / (1 + e^(cost / SCALE)). */
const SCALE = 1000;
const MAX_SCORE = 100;

interface Candidate {
  readonly placement: Placement;
  readonly gain: number;
}

/**
 * Moves pods that the scheduler would put elsewhere now: those first where the placement's cost (what the node is expected to leave unused for
 * ever because of it) falls the most. Pods with preferences between nodes or pods are left where their preferences put them.
 */
export function defragment(context: PlanContext): void {
  const { core, trial, moves, budget } = context;
  const candidates: Candidate[] = [];
  // By shape: a view then catches up with few nodes at a time.
  const byShape = new Map<PodShape, Placement[]>();
  for (const placement of core.snapshot.placements.values()) {
    if (placement.pod.relations !== undefined || placement.pod.shape.preferredNodes.length > 0 || !context.mayMove(placement)) continue;
    const same = byShape.get(placement.pod.shape);
    if (same === undefined) byShape.set(placement.pod.shape, [placement]);
    else same.push(placement);
  }
  for (const placements of byShape.values()) {
    for (const placement of placements) {
      const gain = gainOf(context, placement);
      if (gain >= MIN_GAIN) candidates.push({ placement, gain });
    }
  }
  candidates.sort((a, b) => b.gain - a.gain);
  for (const { placement } of candidates) {
    if (moves.length >= budget) return;
    // Earlier moves may have taken the better place, or made this one good.
    if (gainOf(context, placement) < MIN_GAIN) continue;
    const from = trial.nodeName(placement.node);
    const to = trial.move(placement, () => true);
    if (to !== undefined) moves.push({ pod: placement.pod, from, to, reason: "defragments" });
  }
}

/** How much less the pod would cost on the best node than where it is; negative infinity where there is no better one. */
function gainOf({ core }: PlanContext, placement: Placement): number {
  const { pod, node, devices, assumed } = placement;
  const decider = core.decider(pod.schedulerName);
  if (decider === undefined) return Number.NEGATIVE_INFINITY;
  const name = core.snapshot.nodes[node]!.name;
  core.snapshot.unplace(pod.key);
  try {
    return costOn(decider, pod.shape, node) - costOn(decider, pod.shape);
  } finally {
    core.snapshot.place(pod, name, devices, assumed);
  }
}

/** Of the node, or of the best one. */
function costOn(decider: Decider, shape: PodShape, node?: number): number {
  const view = decider.view(shape);
  const at = node ?? view.best;
  if (at < 0 || view.code(at) !== 0) return Number.POSITIVE_INFINITY;
  return SCALE * Math.log(MAX_SCORE / Math.max(1e-9, view.score(at)) - 1);
}
