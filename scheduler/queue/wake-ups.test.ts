import test from "ava";
import fc from "fast-check";
import type { Node, Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { type Decision, SchedulerCore } from "../core.ts";
import { randomCluster } from "../testing/random-cluster.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { fitsNaively, type PlainCluster } from "../testing/reference-filters.ts";

const event = fc.record({
  type: fc.constantFrom("gone", "gone", "relabelled", "emptied", "node-gone", "namespace", "settle"),
  which: fc.nat({ max: 100 }),
});

/** Decides all there is to decide; what is placed is bound at once, and nobody is pushed out. */
function settle(core: SchedulerCore, cluster: PlainCluster): PlainCluster {
  let pods = cluster.pods;
  for (let decision = core.step(); decision !== undefined; decision = core.step()) {
    if (decision.type !== "placed") continue;
    core.bound(decision.pod);
    pods = [...pods, { ...decision.pod.info.pod, spec: { ...decision.pod.info.pod.spec!, nodeName: decision.node } }];
  }
  return { ...cluster, pods };
}

function happen(core: SchedulerCore, cluster: PlainCluster, type: string, which: number): PlainCluster {
  const pod = cluster.pods[which % Math.max(1, cluster.pods.length)];
  const node = cluster.nodes[which % Math.max(1, cluster.nodes.length)];
  switch (type) {
    case "gone":
      if (pod === undefined) return cluster;
      core.removePod(`${pod.metadata.namespace}/${pod.metadata.name}`);
      return { ...cluster, pods: cluster.pods.filter((other) => other !== pod) };
    case "relabelled":
      return node === undefined ? cluster : changeNode(core, cluster, node, { ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, zone: "b", rack: "r1" } }, spec: {} });
    case "emptied":
      return node === undefined ? cluster : changeNode(core, cluster, node, { ...node, spec: {}, status: { ...node.status, allocatable: { cpu: "64", memory: "64Gi", pods: "110", "example.com/thing": "8" } } });
    case "node-gone":
      if (node === undefined) return cluster;
      core.removeNode(node.metadata.name!);
      return { ...cluster, nodes: cluster.nodes.filter((other) => other !== node) };
    case "namespace":
      core.setNamespace("third", { team: "x" });
      return { ...cluster, namespaces: { ...cluster.namespaces, third: { team: "x" } } };
    default:
      return settle(core, cluster);
  }
}

function changeNode(core: SchedulerCore, cluster: PlainCluster, node: Node, changed: Node): PlainCluster {
  core.setNode(changed);
  return { ...cluster, nodes: cluster.nodes.map((other) => (other === node ? changed : other)) };
}

test("no pod that fits waits for ever: each event wakes all that it helps, whatever they failed for", async (t) => {
  await fc.assert(
    fc.asyncProperty(randomCluster, fc.array(event, { maxLength: 12 }), async ({ cluster, pending }, events) => {
      const clock = new VirtualClock();
      const core = new SchedulerCore({ clock, configuration: { ...defaultConfiguration, unschedulableTimeout_ms: 1e9 } });
      for (const [name, labels] of Object.entries(cluster.namespaces)) core.setNamespace(name, labels);
      for (const node of cluster.nodes) core.setNode(node);
      for (const pod of cluster.pods) core.setPod(pod);
      let now = cluster;
      for (const pod of pending) core.setPod(pod);
      now = settle(core, now);
      for (const { type, which } of events) now = happen(core, now, type, which);
      // Backoffs pass; nothing else happens, and no pod is tried for its age.
      for (let s = 0; s < 30; s++) {
        now = settle(core, now);
        await clock.advance(1_000);
      }
      for (const pod of pending) {
        const queued = core.queue.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
        const node = queued === undefined ? undefined : now.nodes.find((one) => fitsNaively(pod, one, now));
        if (node !== undefined) throw new Error(`${pod.metadata.name} waits (${queued?.state}), but fits on ${node.metadata.name}`);
      }
    }),
    { numRuns: 300, includeErrorInReport: true },
  );
  t.pass();
});

test("a stream of new pods of the same priority does not starve one that failed once", async (t) => {
  const clock = new VirtualClock();
  const core = new SchedulerCore({ clock, configuration: defaultConfiguration });
  core.setNode(makeNode("a", { cpu: "2" }));
  const names: string[] = [];
  const decideAll = () => {
    for (let decision: Decision | undefined = core.step(); decision !== undefined; decision = core.step()) {
      if (decision.type !== "placed") continue;
      core.bound(decision.pod);
      names.push(decision.pod.info.name);
    }
  };
  const small = (i: number): Pod => makePod(`small-${i}`, { requests: { cpu: "1" } });
  core.setPod(small(0));
  core.setPod(small(1));
  decideAll();
  core.setPod(makePod("large", { requests: { cpu: "2" } }));
  decideAll();
  // Every second one small pod goes and another one comes; now and then two go at once.
  for (let i = 2; i < 40 && !names.includes("large"); i++) {
    const bound = names.filter((name) => core.snapshot.placements.has(`default/${name}`));
    for (const name of i % 5 === 0 ? bound : bound.slice(0, 1)) core.removePod(`default/${name}`);
    core.setPod(small(i));
    await clock.advance(1_000);
    decideAll();
  }
  t.true(names.includes("large"), "the older pod goes first as soon as there is room for it");
});
