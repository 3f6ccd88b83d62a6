import { Rehearsal } from "../explain/rehearsal.ts";
import { lackingNodes } from "../explain/explain.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { PlanContext } from "./plan.ts";
import type { Move, TrialMoves } from "./trial-moves.ts";

/** Waiting pods that are looked at, the most important first; equal ones count once. */
const MAX_PODS = 50;

/** For pods that no node takes (those of groups, which need more than one place, left out): moves pods of no higher priority off a node, as few as let the pod in, when each of them has another place. */
export function makeRoom(context: PlanContext): void {
  const waiting = [...context.core.queue.groups].map(({ sample }) => sample).filter(({ gang }) => gang === undefined).sort((a, b) => b.priority - a.priority).slice(0, MAX_PODS);
  for (const pod of waiting) if (context.moves.length < context.budget) makeRoomFor(context, pod);
}

function makeRoomFor({ core, trial, moves, budget, mayMove }: PlanContext, pod: PodInfo): void {
  const rehearsal = new Rehearsal(core);
  const decider = core.decider(pod.schedulerName);
  if (decider === undefined) return;
  const options = lackingNodes(core, pod, decider.examine(pod)).flatMap(({ node, shortfalls }) => {
    const fixes = shortfalls.map((one) => one.fixes.find((fix) => fix.away !== undefined));
    const away = [...new Set(fixes.flatMap((fix) => fix?.away ?? []))];
    const allowed = away.every((one) => mayMove(one) && one.pod.priority <= pod.priority);
    return fixes.includes(undefined) || away.length === 0 || !allowed ? [] : [{ node, away }];
  });
  for (const { node, away } of options.sort((a, b) => a.away.length - b.away.length)) {
    if (moves.length + away.length > budget) return;
    if (!rehearsal.without(away, () => decider.fitsAny(pod, new Set([node.index]))) || rehearsal.places(pod, node, away) === undefined) continue;
    const made = moveAll(trial, pod.key, away, node.index);
    if (made === undefined) continue;
    moves.push(...made);
    // What is planned next leaves it the room.
    core.cluster.nominations.set(pod, node.name);
    return;
  }
}

/** All of them, or none. */
function moveAll(trial: TrialMoves, key: string, away: readonly Placement[], node: number): Move[] | undefined {
  const mark = trial.mark;
  const from = trial.nodeName(node);
  const made = trial.avoiding(node, () => {
    const found: Move[] = [];
    for (const placement of away) {
      const to = trial.move(placement, () => true);
      if (to === undefined) return undefined;
      found.push({ pod: placement.pod, from, to, reason: "makes-room", for: key });
    }
    return found;
  });
  if (made === undefined) trial.undoTo(mark);
  return made;
}
