import type { Pod } from "../../api/wire.ts";
import type { SchedulerCore } from "../core.ts";
import { livingOf } from "../gang/gangs.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { count } from "./amounts.ts";
import type { Told } from "./explanation.ts";
import type { Rehearsal } from "./rehearsal.ts";

type ExplainAlone = (core: SchedulerCore, rehearsal: Rehearsal, pod: Pod, info: PodInfo) => Told;

/** Why a pod of a group has no node: its group is placed whole or not at all, so it is the group that is explained. */
export function explainMember(core: SchedulerCore, rehearsal: Rehearsal, pod: Pod, key: string, explain: ExplainAlone): Told {
  const gang = core.cluster.gangs.get(key);
  const alone = () => rehearsal.withPod(pod, pod.spec?.schedulerName || "default-scheduler", (info) => explain(core, rehearsal, pod, info));
  if (gang === undefined || gang.complete) return alone();
  const state = "waits-for-group";
  if (gang.minMember === undefined) return { state, summary: `it belongs to the pod group ${key}, and there is no such PodGroup: make it, or take the label off the pod` };
  const bound = livingOf(gang).length;
  const members = [...gang.pending].flatMap((member) => core.queue.get(member)?.info ?? []);
  if (bound + members.length < gang.minMember) return { state, summary: `its pod group ${key} is placed whole or not at all, and waits for its pods: ${bound + members.length} of ${gang.minMember} are there` };
  return placeMembers(core, rehearsal, members, { bound, minMember: gang.minMember, key }, explain);
}

/** Places the members in thought, one after the other, and explains the first that finds no place, with the others in theirs. */
function placeMembers(core: SchedulerCore, rehearsal: Rehearsal, members: readonly PodInfo[], { bound, minMember, key }: { readonly bound: number; readonly minMember: number; readonly key: string }, explain: ExplainAlone): Told {
  const placed: PodInfo[] = [];
  let without: PodInfo | undefined;
  try {
    for (const member of members) {
      const choice = core.decider(member.schedulerName)?.decide(member);
      if (choice !== undefined && "node" in choice) {
        core.snapshot.place(member, core.snapshot.nodes[choice.node]!.name, core.devicesFor(member, choice.node), true);
        placed.push(member);
      } else without ??= member;
    }
    if (without === undefined || bound + placed.length >= minMember) return { state: "fits", summary: `it fits now, with its pod group ${key}: ${bound + placed.length} of at least ${minMember} pods have a place` };
    const told = rehearsal.withPod(without.pod, without.schedulerName, (info) => explain(core, rehearsal, without!.pod, info));
    return { ...told, state: "waits-for-group", summary: `its pod group ${key} is placed whole or not at all: ${bound + placed.length} of ${minMember} pods have a place, ${count(minMember - bound - placed.length, "more place")} needed. ${without.key} has none, with those in theirs:` };
  } finally {
    for (const { key: one } of placed) core.snapshot.unplace(one);
  }
}
