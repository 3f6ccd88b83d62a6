import test from "ava";
import fc from "fast-check";
import type { Affinity, PodSpec } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";

const term = { labelSelector: { matchLabels: { app: "web" } }, topologyKey: "zone" };
const preferred = [{ weight: 5, podAffinityTerm: term }];
const spread = (whenUnsatisfiable: string) => ({ topologySpreadConstraints: [{ maxSkew: 2, topologyKey: "zone", whenUnsatisfiable, labelSelector: { matchLabels: { app: "web" } } }] });
const affinity = (value: Affinity) => ({ affinity: value });

/** What pods may ask of zones, and of nothing else. */
const WISHES: readonly Partial<PodSpec>[] = [
  spread("DoNotSchedule"),
  spread("ScheduleAnyway"),
  { ...spread("ScheduleAnyway"), ...affinity({ podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } }) },
  affinity({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }),
  affinity({ podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } }),
  { ...spread("DoNotSchedule"), ...affinity({ podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } }) },
];

const zone = fc.constantFrom("a", "b", "c", "d", undefined);
const step = fc.record({
  type: fc.constantFrom("pod", "pod", "pod", "pod", "gone", "moved", "node-gone"),
  wish: fc.nat({ max: WISHES.length - 1 }),
  labelled: fc.boolean(),
  cpu: fc.integer({ min: 1, max: 3 }),
  which: fc.nat({ max: 1000 }),
  zone,
});

function addNode(core: SchedulerCore, index: number, inZone: string | undefined, cpu: number): void {
  core.setNode(makeNode(`n${index}`, { cpu: String(cpu), labels: inZone === undefined ? {} : { zone: inZone } }));
}

/** The decision about the pod against every rule about every node. @throws Error when another node is better */
function decideAndCompare(core: SchedulerCore, name: string): void {
  const { info } = core.queue.get(`default/${name}`)!;
  const feasible = core.decider(info.schedulerName)!.examine(info).filter(({ failures }) => failures.length === 0);
  const decision = core.step();
  if (decision?.type !== "placed") {
    if (feasible.length > 0) throw new Error(`not placed (${decision?.text}), but ${feasible.length} nodes would do`);
    core.removePod(info.key);
    return;
  }
  const chosen = feasible.find(({ node }) => core.snapshot.nodes[node]!.name === decision.node);
  const best = Math.max(...feasible.map(({ total }) => total));
  if (chosen === undefined || chosen.total < best - 1e-6 * Math.max(1, Math.abs(best))) throw new Error(`placed on ${decision.node} with ${chosen?.total}, best is ${best}`);
  core.bound(decision.pod);
}

test("where rules tell nodes apart by zone alone, no node is better than the one that is chosen, whatever changes in between", (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(zone, fc.integer({ min: 2, max: 8 })), { minLength: 4, maxLength: 70 }), fc.array(step, { minLength: 20, maxLength: 60 }), (nodes, steps) => {
      const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
      for (const [i, [inZone, cpu]] of nodes.entries()) addNode(core, i, inZone, cpu);
      for (const [i, { type, wish, labelled, cpu, which, zone: to }] of steps.entries()) {
        const index = which % nodes.length;
        if (type === "moved") addNode(core, index, to, nodes[index]![1]);
        else if (type === "node-gone") core.removeNode(`n${index}`);
        else if (type === "gone") core.removePod(`default/p${which % (i + 1)}`);
        else {
          core.setPod(makePod(`p${i}`, { requests: { cpu: String(cpu) }, labels: labelled ? { app: "web" } : {}, spec: WISHES[wish]! }));
          decideAndCompare(core, `p${i}`);
        }
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});
