import test from "ava";
import { VirtualClock } from "../lib/virtual-clock.ts";
import { defaultConfiguration } from "./configuration/configuration.ts";
import { type Decision, SchedulerCore } from "./core.ts";
import { boundTo, makeNode, makePod } from "./testing/objects.ts";

function newCore(clock = new VirtualClock()): SchedulerCore {
  return new SchedulerCore({ clock, configuration: defaultConfiguration });
}

/** `pod → node` or `pod: reason` (without what preemption says), until nothing is left to decide. */
function decideAll(core: SchedulerCore): string[] {
  const said: string[] = [];
  for (let decision = core.step(); decision !== undefined; decision = core.step()) {
    said.push(textOf(decision));
    if (decision.type === "placed") core.bound(decision.pod);
  }
  return said;
}

function textOf(decision: Decision): string {
  return decision.type === "placed" ? `${decision.pod.info.name} → ${decision.node}` : `${decision.pod.info.name}: ${decision.text.split(" preemption:")[0]}`;
}

test("pods are packed: the fuller node first, until it is full", (t) => {
  const core = newCore();
  for (const name of ["a", "b", "c"]) core.setNode(makeNode(name, { cpu: "2" }));
  core.setPod(makePod("seed", { nodeName: "b", requests: { cpu: "500m", memory: "1Gi" } }));
  for (let i = 0; i < 4; i++) core.setPod(makePod(`p${i}`, { requests: { cpu: "1", memory: "1Gi" } }));
  t.deepEqual(decideAll(core), ["p0 → b", "p1 → a", "p2 → a", "p3 → c"]);
});

test("each filter gives its reason in kube-scheduler's words", (t) => {
  const core = newCore();
  core.setNode(makeNode("full", { cpu: "100m" }));
  core.setNode(makeNode("small", { cpu: "100m", memory: "1Mi" }));
  core.setNode(makeNode("tainted", { taints: [{ key: "a", value: "b", effect: "NoSchedule" }] }));
  core.setNode(makeNode("cordoned", { unschedulable: true, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] }));
  core.setNode(makeNode("crowded", { pods: "0" }));
  core.setNode(makeNode("other", { labels: { disk: "slow" } }));
  core.setPod(makePod("p", { requests: { cpu: "1", memory: "1Gi" }, spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "NotIn", values: ["slow"] }] }] } } } } }));
  t.deepEqual(decideAll(core), [
    "p: 0/6 nodes are available: 1 Insufficient memory, 1 Too many pods, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.",
  ]);
});

test("no nodes at all", (t) => {
  const core = newCore();
  core.setPod(makePod("p"));
  t.deepEqual(decideAll(core), ["p: no nodes available to schedule pods"]);
});

test("a pod that does not fit blocks nobody, and is placed as soon as room appears, whatever its backoff", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "1" }));
  core.setPod(makePod("big", { priority: 100, requests: { cpu: "3" } }));
  core.setPod(makePod("small", { requests: { cpu: "500m" } }));
  t.deepEqual(decideAll(core), ["big: 0/1 nodes are available: 1 Insufficient cpu.", "small → a"]);
  core.setNode(makeNode("b", { cpu: "2" }));
  t.deepEqual(decideAll(core), [], "a node that does not help wakes nobody");
  core.setNode(makeNode("c", { cpu: "3" }));
  t.deepEqual(decideAll(core), ["big → c"]);
});

test("of many equal pods one is woken; each that is placed wakes the next, the first that fails ends it", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "1" }));
  for (let i = 0; i < 100; i++) core.setPod(makePod(`p${i}`, { requests: { cpu: "1" } }));
  t.is(decideAll(core).filter((said) => said.includes("→")).length, 1);
  core.setNode(makeNode("b", { cpu: "2" }));
  t.deepEqual(decideAll(core), ["p1 → b", "p2 → b", "p3: 0/2 nodes are available: 2 Insufficient cpu."]);
  t.is(core.queue.sizes.unschedulable, 97);
  core.removePod("default/p1");
  t.deepEqual(decideAll(core), ["p3 → b", "p4: 0/2 nodes are available: 2 Insufficient cpu."]);
});

test("a refused binding frees the node at once and the pod is tried again after its backoff", async (t) => {
  const clock = new VirtualClock();
  const core = newCore(clock);
  core.setNode(makeNode("a", { cpu: "1" }));
  core.setPod(makePod("p", { requests: { cpu: "1" } }));
  core.setPod(makePod("q", { requests: { cpu: "1" } }));
  const decision = core.step();
  t.is(decision?.type, "placed");
  core.bindFailed(decision!.pod);
  t.deepEqual(decideAll(core), ["q → a"]);
  core.removePod("default/q");
  t.deepEqual(decideAll(core), []);
  await clock.advance(1000);
  t.deepEqual(decideAll(core), ["p → a"]);
});

test("a pod deleted between decision and binding leaves nothing behind", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "1" }));
  core.setPod(makePod("p", { requests: { cpu: "1" } }));
  const decision = core.step()!;
  core.removePod("default/p");
  core.setPod({ ...makePod("p", { requests: { cpu: "1" } }), metadata: { ...makePod("p").metadata, uid: "again" } });
  core.bindFailed(decision.pod);
  t.deepEqual(decideAll(core), ["p → a"]);
  t.is(core.snapshot.requested[0]![0], 1000);
});

test("pods that name a node before it is known count on it once it is; a node deleted and made again keeps its pods", (t) => {
  const core = newCore();
  core.setPod(makePod("p", { nodeName: "a", requests: { cpu: "1" } }));
  core.setNode(makeNode("a", { cpu: "1" }));
  core.setPod(makePod("q", { requests: { cpu: "1" } }));
  t.deepEqual(decideAll(core), ["q: 0/1 nodes are available: 1 Insufficient cpu."]);
  core.removeNode("a");
  core.setNode(makeNode("a", { cpu: "1" }));
  t.deepEqual(decideAll(core), []);
  core.setPod({ ...boundTo(makePod("p"), "a"), status: { phase: "Succeeded" } });
  t.deepEqual(decideAll(core), ["q → a"]);
});

test("pods of other schedulers and gated pods are left alone", (t) => {
  const core = newCore();
  core.setNode(makeNode("a"));
  core.setPod(makePod("theirs", { spec: { schedulerName: "other" } }));
  const gated = makePod("gated", { spec: { schedulingGates: [{ name: "wait" }] } });
  core.setPod(gated);
  t.deepEqual(decideAll(core), []);
  core.setPod({ ...gated, spec: { ...gated.spec!, schedulingGates: [] } });
  t.deepEqual(decideAll(core), ["gated → a"]);
});

test("daemon pods, each pinned to a node by its name, go there; the others count as one reason", (t) => {
  const core = newCore();
  for (const name of ["a", "b", "c"]) core.setNode(makeNode(name, { cpu: "1" }));
  const pinned = (name: string, node: string) =>
    makePod(name, { requests: { cpu: "1" }, spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] }] } } } } });
  core.setPod(pinned("p", "b"));
  core.setPod(pinned("q", "b"));
  t.deepEqual(decideAll(core), ["p → b", "q: 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]."]);
});

test("host ports conflict on the same address or the wildcard", (t) => {
  const core = newCore();
  core.setNode(makeNode("a"));
  const withPort = (name: string, hostIP?: string) =>
    makePod(name, { spec: { containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 80, ...(hostIP && { hostIP }) }] }] } });
  core.setPod(withPort("one", "10.0.0.1"));
  core.setPod(withPort("two", "10.0.0.2"));
  core.setPod(withPort("any"));
  t.deepEqual(decideAll(core), ["one → a", "two → a", "any: 0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."]);
});

test("a node that shrinks below what runs on it takes no more, and says so", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "4" }));
  core.setPod(makePod("p", { nodeName: "a", requests: { cpu: "3" } }));
  core.setNode(makeNode("a", { cpu: "2" }));
  core.setPod(makePod("q", { requests: { cpu: "1" } }));
  core.setPod(makePod("none", {}));
  t.deepEqual(decideAll(core), ["q: 0/1 nodes are available: 1 Insufficient cpu.", "none → a"]);
});

test("devices: shares lie on one device, whole ones on unshared devices, the fullest device that fits first", (t) => {
  const core = newCore();
  core.setNode(makeNode("g", { extended: { "nvidia.com/gpu": "2" } }));
  const share = (name: string, milli: string) => makePod(name, { requests: { "berth.dev/gpu-milli": milli } });
  const chosen = (name: string) => core.snapshot.placements.get(`default/${name}`)?.devices;
  for (const [name, milli] of [["a", "600"], ["b", "500"], ["c", "400"], ["d", "500"]] as const) core.setPod(share(name, milli));
  t.true(decideAll(core).every((said) => said.includes("→")));
  t.deepEqual([chosen("a"), chosen("b"), chosen("c"), chosen("d")], [[0], [1], [0], [1]]);
  core.setPod(share("e", "1"));
  core.setPod(makePod("whole", { requests: { "nvidia.com/gpu": "1" } }));
  t.deepEqual(decideAll(core), ["e: 0/1 nodes are available: 1 Insufficient berth.dev/gpu-milli.", "whole: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu."]);
});
