import test from "ava";
import fc from "fast-check";
import type { Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore, type Unplaced } from "../core.ts";
import { makeNode, makePod, type PodText } from "../testing/objects.ts";

function newCore(): SchedulerCore {
  return new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
}

function place(core: SchedulerCore, name: string, node: string, cpu: string, priority = 0, text: PodText = {}): void {
  core.setPod(makePod(name, { nodeName: node, requests: { cpu }, priority, ...text }));
}

/** Decides the next pod, which must find no node. */
function unplaced(core: SchedulerCore): Unplaced {
  const decision = core.step();
  if (decision?.type !== "unplaced") throw new Error(`decided ${JSON.stringify(decision?.type)}`);
  return decision;
}

function planOf({ preemption }: Unplaced): string {
  return preemption === undefined ? "none" : `${preemption.node}: ${preemption.victims.map((victim) => victim.name).join(" ")}`;
}

function budget(name: string, app: string, disruptionsAllowed: number) {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace: "default" },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  };
}

test("the least important pods go, as few as do", (t) => {
  const core = newCore();
  for (const name of ["a", "b", "c"]) core.setNode(makeNode(name, { cpu: "4" }));
  place(core, "a-high", "a", "3", 50);
  place(core, "a-low", "a", "1", 1);
  place(core, "b-mid", "b", "2", 10);
  place(core, "b-low-1", "b", "1", 1);
  place(core, "b-low-2", "b", "1", 1);
  place(core, "c-low-1", "c", "2", 1);
  place(core, "c-low-2", "c", "1", 1);
  place(core, "c-low-3", "c", "1", 1);
  core.setPod(makePod("p", { priority: 100, requests: { cpu: "2" } }));
  t.is(planOf(unplaced(core)), "c: c-low-1", "one victim of priority 1; on b it would take two, on a one of priority 50");
});

test("a pod takes nothing when that would not help, when its policy says so, or from its equals", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "4" }));
  core.setNode(makeNode("tainted", { cpu: "8", taints: [{ key: "k", effect: "NoSchedule" }] }));
  place(core, "low", "a", "3", 1);
  core.setPod(makePod("huge", { priority: 100, requests: { cpu: "5" } }));
  const huge = unplaced(core);
  t.is(planOf(huge), "none");
  t.is(huge.text, "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 Insufficient cpu, 1 Preemption is not helpful for scheduling.");
  core.setPod(makePod("never", { priority: 100, requests: { cpu: "2" }, spec: { preemptionPolicy: "Never" } }));
  t.regex(unplaced(core).text, /preemption: not eligible due to preemptionPolicy=Never\.$/);
  core.setPod(makePod("equal", { priority: 1, requests: { cpu: "2" } }));
  t.regex(unplaced(core).text, /1 No preemption victims found for incoming pod, 1 Preemption is not helpful/);
});

test("budgets are kept where another victim does", (t) => {
  const core = newCore();
  for (const name of ["a", "b"]) core.setNode(makeNode(name, { cpu: "2" }));
  core.setBudget(budget("guard", "guarded", 0));
  place(core, "guarded", "a", "2", 1, { labels: { app: "guarded" } });
  place(core, "free", "b", "2", 5);
  core.setPod(makePod("p", { priority: 100, requests: { cpu: "1" } }));
  t.is(planOf(unplaced(core)), "b: free");
  core.setPod(makePod("q", { priority: 100, requests: { cpu: "2" } }));
  t.is(planOf(unplaced(core)), "a: guarded", "nothing else is left: budgets are kept only where possible");
});

test("room that was made is kept for the pod, and it goes there when its victims are gone", (t) => {
  const core = newCore();
  for (const name of ["a", "b"]) core.setNode(makeNode(name, { cpu: "2" }));
  place(core, "low-a", "a", "2", 1);
  place(core, "low-b", "b", "2", 1);
  core.setPod(makePod("first", { priority: 100, requests: { cpu: "2" } }));
  t.is(planOf(unplaced(core)), "a: low-a");
  core.setPod(makePod("second", { priority: 100, requests: { cpu: "2" } }));
  t.is(planOf(unplaced(core)), "b: low-b", "not the same victims twice");
  core.setPod(makePod("late", { priority: 50, requests: { cpu: "1" } }));
  core.removePod("default/low-a");
  const decisions = [core.step(), core.step()].map((decision) => (decision?.type === "placed" ? `${decision.pod.info.name} → ${decision.node}` : decision?.text));
  t.is(decisions[0], "first → a");
  t.regex(decisions[1]!, /^0\/2 nodes are available: 2 Insufficient cpu/);
  core.removePod("default/low-b");
  const last = core.step();
  t.is(last?.type === "placed" ? `${last.pod.info.name} → ${last.node}` : last?.text, "second → b");
});

test("a pod of higher priority takes the room and the nomination of a lower one", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "2" }));
  place(core, "low", "a", "2", 1);
  core.setPod(makePod("mid", { priority: 50, requests: { cpu: "2" } }));
  t.is(planOf(unplaced(core)), "a: low");
  core.setPod(makePod("high", { priority: 100, requests: { cpu: "2" } }));
  const high = unplaced(core);
  t.is(planOf(high), "a: low");
  t.deepEqual(high.unnominated.map((pod) => pod.name), ["mid"]);
  core.removePod("default/low");
  const placed = core.step();
  t.is(placed?.type === "placed" ? placed.pod.info.name : placed?.text, "high");
});

test("while its victims terminate a pod takes no others", (t) => {
  const core = newCore();
  for (const name of ["a", "b"]) core.setNode(makeNode(name, { cpu: "2" }));
  const low = makePod("low", { nodeName: "a", requests: { cpu: "2" }, priority: 1 });
  core.setPod(low);
  place(core, "other", "b", "2", 2);
  const pod = makePod("p", { priority: 100, requests: { cpu: "2" } });
  core.setPod(pod);
  t.is(planOf(unplaced(core)), "a: low");
  core.setPod({ ...low, metadata: { ...low.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  core.setPod({ ...pod, metadata: { ...pod.metadata, labels: { again: "yes" } } });
  const again = unplaced(core);
  t.is(planOf(again), "none");
  t.regex(again.text, /preemption: not eligible due to a terminating pod on the nominated node\.$/);
});

test("an eviction that failed is planned anew", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "2" }));
  place(core, "low", "a", "2", 1);
  core.setPod(makePod("p", { priority: 100, requests: { cpu: "2" } }));
  const decision = unplaced(core);
  core.evictionFailed(decision.preemption!.victims[0]!, decision.pod);
  t.is(planOf(unplaced(core)), "a: low");
});

test("anti-affinity and spread: the pods that stand in the way go", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { labels: { zone: "z" } }));
  place(core, "rival", "a", "1", 1, { labels: { app: "web" } });
  place(core, "bystander", "a", "1", 1);
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: "web" } }, topologyKey: "zone" }] } };
  core.setPod(makePod("p", { priority: 100, spec: { affinity } }));
  const decision = unplaced(core);
  t.is(decision.text, "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
  t.is(planOf(decision), "a: rival");
  core.removePod("default/rival");
  t.is(core.step()?.type, "placed");
});

test("the room of a node that is deleted is not waited for", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "2" }));
  place(core, "low", "a", "2", 1);
  core.setPod(makePod("p", { priority: 100, requests: { cpu: "2" } }));
  t.is(planOf(unplaced(core)), "a: low");
  core.removeNode("a");
  t.is(unplaced(core).text, "no nodes available to schedule pods");
});

/** By brute force: the best set of victims over all nodes and all subsets, by the documented order (budgets aside). */
function bruteForce(nodes: readonly { name: string; cpu: number }[], pods: readonly Pod[], cpu: number, priority: number): string | undefined {
  const options = nodes.flatMap(({ name, cpu: offered }, index) => {
    const on = pods.filter((pod) => pod.spec?.nodeName === name);
    const used = on.reduce((sum, pod) => sum + cpuOf(pod), 0);
    const lower = on.filter((pod) => pod.spec!.priority! < priority);
    return subsets(lower)
      .filter((victims) => victims.length > 0 && used - victims.reduce((sum, pod) => sum + cpuOf(pod), 0) + cpu <= offered)
      .filter((victims) => victims.every((kept) => used - victims.reduce((sum, pod) => sum + cpuOf(pod), 0) + cpuOf(kept) + cpu > offered))
      .map((victims) => ({ index, name, highest: Math.max(...victims.map((pod) => pod.spec!.priority!)), count: victims.length }));
  });
  const best = options.sort((a, b) => a.highest - b.highest)[0];
  return best === undefined ? undefined : String(best.highest);
}

function cpuOf(pod: Pod): number {
  return Number(pod.spec!.containers[0]!.resources!.requests!["cpu"]);
}

function subsets<T>(items: readonly T[]): T[][] {
  return Array.from({ length: 2 ** items.length }, (_, mask) => items.filter((_item, i) => (mask >> i) % 2 === 1));
}

test("the plan makes room, takes nobody it need not, and no plan has a lower highest victim than the best node allows", (t) => {
  const running = fc.record({ node: fc.nat({ max: 2 }), cpu: fc.integer({ min: 1, max: 3 }), priority: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(fc.array(running, { maxLength: 9 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (pods, cpu, priority) => {
      const nodes = [4, 5, 6].map((size, i) => ({ name: `n${i}`, cpu: size }));
      const core = newCore();
      for (const node of nodes) core.setNode(makeNode(node.name, { cpu: String(node.cpu) }));
      const objects = pods.map((pod, i) => makePod(`r${i}`, { nodeName: `n${pod.node}`, requests: { cpu: String(pod.cpu) }, priority: pod.priority }));
      for (const object of objects) core.setPod(object);
      core.setPod(makePod("p", { priority, requests: { cpu: String(cpu) } }));
      const decision = core.step()!;
      if (decision.type === "placed") return;
      const possible = bruteForce(nodes, objects, cpu, priority);
      if ((decision.preemption === undefined) !== (possible === undefined)) throw new Error(`plan ${planOf(decision)}, but brute force says ${possible}`);
      if (decision.preemption === undefined) return;
      const { node, victims } = decision.preemption;
      const left = objects.filter((pod) => pod.spec!.nodeName === node && !victims.some((victim) => victim.name === pod.metadata.name)).reduce((sum, pod) => sum + cpuOf(pod), 0);
      const offered = nodes.find((one) => one.name === node)!.cpu;
      if (left + cpu > offered) throw new Error("the victims do not make room");
      for (const victim of victims) if (left + cpuOf(victim.pod) + cpu <= offered) throw new Error(`${victim.name} need not go`);
      for (const victim of victims) if (victim.priority >= priority) throw new Error(`${victim.name} is no less important`);
    }),
    { numRuns: 300 },
  );
  t.pass();
});
