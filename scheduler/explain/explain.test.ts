import test from "ava";
import fc from "fast-check";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import type { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { randomCluster } from "../testing/random-cluster.ts";
import { fitsNaively, type PlainCluster } from "../testing/reference-filters.ts";
import { coreOf, NO_OBJECTS } from "./cluster-objects.ts";
import { explainPod } from "./explain.ts";

function coreFor(cluster: PlainCluster, pending: readonly ReturnType<typeof makePod>[]): SchedulerCore {
  const namespaces = Object.entries(cluster.namespaces).map(([name, labels]) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { ...labels } } }));
  return coreOf({ ...NO_OBJECTS, nodes: cluster.nodes, pods: [...cluster.pods, ...pending], namespaces }, { clock: new VirtualClock(), configuration: defaultConfiguration });
}

/** All that a what-if could leave behind. */
function stateOf({ snapshot, queue, cluster }: SchedulerCore): unknown {
  return {
    nodes: snapshot.nodes.filter(({ node, placements }) => node !== undefined || placements.size > 0).map(({ name, node, labels, hardTaints, unschedulable, placements, devices }) => ({ name, there: node !== undefined, labels, hardTaints, unschedulable, pods: [...placements.keys()].sort(), free: devices?.free })),
    requested: snapshot.requested.map((column) => [...column]).filter((column) => column.some((amount) => amount !== 0)),
    placed: [...snapshot.placements].map(([key, { node, devices }]) => [key, node, devices]).sort(),
    waiting: queue.size,
    nominated: cluster.nominations.empty,
  };
}

test("explaining changes nothing, and counts as feasible what naive rules let in", (t) => {
  fc.assert(
    fc.property(randomCluster, ({ cluster, pending }) => {
      const core = coreFor(cluster, pending);
      const before = JSON.stringify(stateOf(core));
      for (const pod of pending) {
        const explanation = explainPod(core, pod, "default-scheduler");
        if (JSON.stringify(stateOf(core)) !== before) throw new Error(`explaining ${pod.metadata.name} left something behind`);
        const feasible = cluster.nodes.filter((node) => fitsNaively(pod, node, cluster)).map((node) => node.metadata.name!);
        if ((explanation.state === "fits") !== feasible.length > 0) throw new Error(`${explanation.state}, but naively it fits on ${feasible.join() || "none"}`);
        const refusing = new Set(explanation.reasons.flatMap(({ nodes }) => nodes));
        if (feasible.length === 0 && cluster.nodes.some((node) => !refusing.has(node.metadata.name!))) throw new Error("a node has no reason");
        if (explanation.ranking?.some(({ node }) => !feasible.includes(node))) throw new Error("a node that it does not fit on is ranked");
      }
    }),
    { numRuns: 150 },
  );
  t.pass();
});

test("a lower request that is suggested is enough, and the largest that is", (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 100, max: 3900 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 200, max: 3999 }), (used, wanted) => {
      const nodes = used.map((_, i) => makeNode(`n${i}`, { cpu: "4" }));
      const pods = used.map((cpu, i) => makePod(`p${i}`, { nodeName: `n${i}`, requests: { cpu: `${cpu}m` } }));
      const pod = makePod("wants", { requests: { cpu: `${wanted}m` } });
      const core = coreOf({ ...NO_OBJECTS, nodes, pods: [...pods, pod] }, { clock: new VirtualClock(), configuration: defaultConfiguration });
      const explanation = explainPod(core, pod, "default-scheduler");
      const most = 4000 - Math.min(...used);
      if ((explanation.state === "fits") !== wanted <= most) throw new Error(explanation.state);
      const suggested = explanation.remedies.map(({ text }) => /request (\d+)(m?) cpu/.exec(text)).find((match) => match !== null);
      if (explanation.state === "unschedulable" && Number(suggested?.[1]) * (suggested?.[2] === "m" ? 1 : 1000) !== most) throw new Error(`${suggested?.[0]}, but ${most}m is free`);
    }),
  );
  t.pass();
});

test("contradictions are told, and nothing impossible is suggested", (t) => {
  const pod = makePod("torn", { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In", values: ["x"] }, { key: "a", operator: "DoesNotExist" }] }] } } } } });
  const core = coreOf({ ...NO_OBJECTS, nodes: [makeNode("n", { labels: { a: "x" } })], pods: [pod] }, { clock: new VirtualClock(), configuration: defaultConfiguration });
  const explanation = explainPod(core, pod, "default-scheduler");
  t.deepEqual(explanation.nearest, [{ node: "n", missing: ["wants no label a, the node has a=x"] }]);
  t.false(explanation.remedies.some(({ text }) => text.startsWith("label ") || text.startsWith("add a node")), JSON.stringify(explanation.remedies));
});
