import test from "ava";
import type { Node, Pod, PodSpec } from "../api/wire.ts";
import { VirtualClock } from "../lib/virtual-clock.ts";
import { defaultConfiguration } from "./configuration/configuration.ts";
import { type Decision, SchedulerCore } from "./core.ts";
import { boundTo, makeNode, makePod } from "./testing/objects.ts";

function newCore(clock = new VirtualClock()): SchedulerCore {
  return new SchedulerCore({ clock, configuration: defaultConfiguration });
}

function said(decision: Decision | undefined): string {
  if (decision === undefined) return "nothing to decide";
  return decision.type === "placed" ? `on ${decision.node}` : decision.text.replace(/ preemption:.*/, "");
}

function decide(core: SchedulerCore, pod: Pod): string {
  core.setPod(pod);
  return said(core.step());
}

const NO_MATCH = "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.";

for (const [name, spec, reason] of [
  ["an impossible selector", { nodeSelector: { "kubernetes.io/hostname": "nowhere" } }, NO_MATCH],
  ["no term at all", { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }, NO_MATCH],
  [
    "terms that contradict one another",
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "Exists" }, { key: "zone", operator: "DoesNotExist" }] }] } } } },
    NO_MATCH,
  ],
  ["an operator that is unknown", { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "Like", values: ["a"] }] }] } } } }, NO_MATCH],
  [
    "a number beyond all integers",
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "Gt", values: ["9".repeat(40)] }] }] } } } },
    NO_MATCH,
  ],
  [
    "affinity over a topology key that no node has",
    { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "nowhere", labelSelector: {} }] } } },
    "0/2 nodes are available: 2 node(s) didn't match pod affinity rules.",
  ],
  [
    "affinity and anti-affinity to the same pods",
    {
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "x" } } }] },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "x" } } }] },
      },
    },
    "0/2 nodes are available: 1 node(s) didn't match pod affinity rules, 1 node(s) didn't match pod anti-affinity rules.",
  ],
  [
    "spread over a topology key that no node has",
    { topologySpreadConstraints: [{ topologyKey: "nowhere", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", labelSelector: {} }] },
    "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints (missing required label).",
  ],
  [
    "more domains than there are",
    { topologySpreadConstraints: [{ topologyKey: "kubernetes.io/hostname", maxSkew: 1, minDomains: 1000, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "x" } } }] },
    "on b",
  ],
] as readonly [string, Partial<PodSpec>, string][]) {
  test(`${name}: a clear reason, and nothing else is held up`, (t) => {
    const core = newCore();
    for (const node of ["a", "b"]) core.setNode(makeNode(node));
    core.setPod(makePod("there", { nodeName: "a", labels: { app: "x" } }));
    t.is(decide(core, makePod("p", { labels: { app: "x" }, spec })), reason);
    t.regex(decide(core, makePod("plain")), /^on /);
  });
}

function withAllocatable(name: string, allocatable: Readonly<Record<string, unknown>>): Node {
  const node = makeNode(name);
  return { ...node, status: { ...node.status, allocatable: allocatable as Record<string, string> } };
}

for (const [name, allocatable] of [
  ["negative", { cpu: "-4", memory: "-1Gi", pods: "-1" }],
  ["unreadable", { cpu: "much", memory: {}, pods: null }],
  ["zero", { cpu: "0", memory: "0", pods: "0" }],
  ["missing", {}],
] as readonly [string, Readonly<Record<string, unknown>>][]) {
  test(`a node with ${name} quantities takes nothing, and the others are not hurt by it`, (t) => {
    const core = newCore();
    core.setNode(withAllocatable("bad", allocatable));
    t.is(decide(core, makePod("p", { requests: { cpu: "1" } })), "0/1 nodes are available: 1 Insufficient cpu, 1 Too many pods.");
    core.setNode(makeNode("good"));
    t.is(said(core.step()), "on good");
  });
}

test("a node with absurdly large quantities is only full when it is", (t) => {
  const core = newCore();
  core.setNode(withAllocatable("huge", { cpu: "1e30", memory: `${"9".repeat(60)}Ei`, pods: "1e18", "nvidia.com/gpu": "1e15" }));
  t.is(decide(core, makePod("p", { requests: { cpu: "1e10", memory: "1Ei" } })), "on huge");
  t.is(decide(core, makePod("g", { requests: { "nvidia.com/gpu": "8" } })), "on huge");
  t.true((core.snapshot.nodeNamed("huge")?.devices?.free.length ?? 0) <= 1024, "no memory for devices that no machine has");
});

test("pods with absurd or negative requests neither break the sums nor fit by overflow", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "4" }));
  t.is(decide(core, makePod("huge", { requests: { cpu: "1e40" } })), "0/1 nodes are available: 1 Insufficient cpu.");
  t.is(decide(core, makePod("negative", { requests: { cpu: "-4" } })), "on a");
  t.is(decide(core, makePod("p", { requests: { cpu: "4" } })), "on a");
  t.is(decide(core, makePod("q", { requests: { cpu: "1m" } })), "0/1 nodes are available: 1 Insufficient cpu.");
});

test("more resource names than a cluster has room for make no memory grow without bound", (t) => {
  const core = newCore();
  for (let i = 0; i < 50; i++) core.setNode(withAllocatable(`n${i}`, { cpu: "4", pods: "10", ...Object.fromEntries(Array.from({ length: 50 }, (_, j) => [`example.com/r${i}-${j}`, "1"])) }));
  t.true(core.snapshot.columns.names.length <= 256);
  t.regex(decide(core, makePod("p", { requests: { "example.com/r49-49": "1" } })), /Insufficient example.com\/r49-49/);
});

test("a node that is deleted and made again under its name is another node: its pods are gone with it when they are", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "1" }));
  t.is(decide(core, makePod("p", { requests: { cpu: "1" } })), "on a");
  core.removeNode("a");
  t.is(decide(core, makePod("q", { requests: { cpu: "1" } })), "no nodes available to schedule pods");
  const again = makeNode("a", { cpu: "2", labels: { zone: "z" } });
  core.setNode({ ...again, metadata: { ...again.metadata, uid: "another" } });
  t.is(said(core.step()), "on a", "p still counts there, and there is room for one more");
  core.removePod("default/p");
  core.removePod("default/q");
  t.is(decide(core, makePod("r", { requests: { cpu: "2" }, spec: { nodeSelector: { zone: "z" } } })), "on a");
});

test("a node that goes between decision and binding: the binding's outcome decides, and the pod is placed again", async (t) => {
  const clock = new VirtualClock();
  const core = newCore(clock);
  core.setNode(makeNode("a"));
  core.setPod(makePod("p"));
  const decision = core.step();
  core.removeNode("a");
  core.setNode(makeNode("b"));
  if (decision?.type === "placed") core.bindFailed(decision.pod);
  await clock.advance(2_000);
  t.is(said(core.step()), "on b");
});

test("a pod that is deleted and made again under its name between decision and binding is another pod", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "1" }));
  core.setPod(makePod("p", { requests: { cpu: "1" } }));
  const decision = core.step();
  core.removePod("default/p");
  const again = makePod("p", { requests: { cpu: "1" } });
  core.setPod({ ...again, metadata: { ...again.metadata, uid: "another" } });
  const second = core.step();
  t.is(said(second), "on a");
  if (decision?.type === "placed") core.bindFailed(decision.pod);
  t.is(core.snapshot.placements.get("default/p")?.pod.uid, "another", "the old one's failed binding frees nothing of the new one");
  core.setPod(boundTo({ ...again, metadata: { ...again.metadata, uid: "another" } }, "a"));
  t.is(core.queue.size, 0);
});

test("100,000 pods that fit nowhere: little memory each, and others go past them at once", (t) => {
  const core = newCore();
  for (let i = 0; i < 10; i++) core.setNode(makeNode(`n${i}`));
  const before = process.memoryUsage().heapUsed;
  const spec = makePod("hopeless", { requests: { cpu: "100" } }).spec!;
  for (let i = 0; i < 100_000; i++) core.setPod({ apiVersion: "v1", kind: "Pod", metadata: { name: `hopeless-${i}`, namespace: "default", uid: `u${i}`, generation: 1 }, spec, status: {} });
  let decided = 0;
  while (core.step() !== undefined) decided++;
  t.is(decided, 100_000);
  t.is([...core.queue.groups].length, 1, "they wait as one group");
  t.true((process.memoryUsage().heapUsed - before) / 100_000 < 2_000, "bytes for each");
  t.regex(decide(core, makePod("p")), /^on n/);
  core.setNode(makeNode("n10"));
  t.is(core.step(), undefined, "a node that does not help wakes none of them");
});
