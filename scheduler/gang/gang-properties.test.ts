import test from "ava";
import fc from "fast-check";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";

const GROUPS = ["g", "h", "i"];

/** What happens next; the numbers choose whom it happens to. */
const event = fc.record({ type: fc.constantFrom("pod", "pod", "pod", "alone", "gone", "node", "node-gone", "settle"), which: fc.nat({ max: 100 }), priority: fc.constantFrom(0, 0, 5) });

interface World {
  readonly core: SchedulerCore;
  readonly clock: VirtualClock;
  readonly minMember: readonly number[];
  /** Names of all pods made so far. */
  readonly names: string[];
  /** Groups that were whole at some time. */
  readonly whole: Set<string>;
}

/** Decides all there is to decide and binds at once; victims are gone at once. @throws Error when part of a group is placed */
function settle({ core, minMember, whole }: World): void {
  for (let decision = core.step(), rounds = 0; decision !== undefined; decision = core.step()) {
    if (++rounds > 5_000) throw new Error("it decides for ever");
    if (decision.type === "placed") core.bound(decision.pod);
    else for (const victim of decision.preemption?.victims ?? []) core.removePod(victim.key);
  }
  for (const [i, group] of GROUPS.entries()) {
    const placed = [...core.snapshot.placements.values()].filter(({ pod }) => pod.gang === `default/${group}`).length;
    if (placed > 0 && placed < minMember[i]! && !whole.has(group)) throw new Error(`${placed} of ${minMember[i]} pods of ${group} are placed`);
  }
}

function happen(world: World, type: string, which: number, priority: number): void {
  const { core, names } = world;
  const group = GROUPS[which % GROUPS.length]!;
  const name = `${type}-${names.length}`;
  const nodeName = `n${which % 4}`;
  if (type === "pod" || type === "alone") {
    names.push(name);
    core.setPod(makePod(name, { requests: { cpu: "1" }, priority, labels: type === "pod" ? { "scheduling.x-k8s.io/pod-group": group } : {} }));
  } else if (type === "gone") core.removePod(`default/${names[which % Math.max(1, names.length)]}`);
  else if (type === "node") core.setNode(makeNode(nodeName, { cpu: String(1 + (which % 5)) }));
  else if (type === "node-gone") {
    for (const key of core.snapshot.nodeNamed(nodeName)?.placements.keys() ?? []) core.removePod(key);
    core.removeNode(nodeName);
  } else settle(world);
}

/** CPUs that nothing holds. */
function free({ core }: World): number {
  return core.snapshot.nodes.filter((state) => state.node !== undefined).reduce((sum, state) => sum + Number(state.node!.status?.allocatable?.["cpu"]) - state.placements.size, 0);
}

test("whatever comes and goes: no group is ever placed in part, and none that fits waits for ever", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), fc.array(event, { maxLength: 60 }), async (minMember, events) => {
      const clock = new VirtualClock();
      const world: World = { clock, core: new SchedulerCore({ clock, configuration: { ...defaultConfiguration, unschedulableTimeout_ms: 1e9 } }), minMember, names: [], whole: new Set() };
      for (const [i, name] of GROUPS.entries()) world.core.setPodGroup(`default/${name}`, { metadata: { name, namespace: "default" }, spec: { minMember: minMember[i]! } });
      // Afterwards pods of higher priority may push single ones out.
      world.core.cluster.gangs.onWhole = (key) => void world.whole.add(key.replace("default/", ""));
      for (const { type, which, priority } of events) happen(world, type, which, priority);
      for (let s = 0; s < 60; s++) {
        settle(world);
        await clock.advance(1_000);
      }
      for (const [i, name] of GROUPS.entries()) {
        const gang = world.core.cluster.gangs.get(`default/${name}`);
        if (gang === undefined || gang.complete || gang.pending.size < minMember[i]! || free(world) < gang.pending.size) continue;
        throw new Error(`${name} waits with ${gang.pending.size} pods (${minMember[i]} needed) while ${free(world)} CPUs are free`);
      }
    }),
    { numRuns: 400, includeErrorInReport: true },
  );
  t.pass();
});
