import test from "ava";
import fc from "fast-check";
import type { Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { coreOf, NO_OBJECTS } from "../explain/cluster-objects.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { fitsNaively } from "../testing/reference-filters.ts";
import { GOALS, planMoves } from "./plan.ts";
import { proveMove } from "./proof.ts";

const options = { clock: new VirtualClock(), configuration: defaultConfiguration };
const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: "apart" } }, topologyKey: "kubernetes.io/hostname" }] } };

const onNode = fc.record({ node: fc.nat({ max: 4 }), cpu: fc.integer({ min: 1, max: 12 }), owned: fc.nat({ max: 4 }), kind: fc.constantFrom("plain", "plain", "apart", "tied"), priority: fc.constantFrom(0, 0, 5) });
const waiting = fc.record({ cpu: fc.integer({ min: 4, max: 30 }), priority: fc.constantFrom(0, 5) });

function podOf(name: string, { node, cpu, owned, kind, priority }: { node: number; cpu: number; owned: number; kind: string; priority: number }): Pod {
  const spec = { ...(kind === "apart" && { affinity: apart }), ...(kind === "tied" && { nodeSelector: { half: String(node % 2) } }) };
  const pod = makePod(name, { nodeName: `n${node}`, requests: { cpu: `${cpu}00m` }, labels: { app: kind }, priority, spec });
  return owned === 0 ? pod : { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "rs", controller: true }] }, status: { phase: "Running" } };
}

test("every move of a plan goes where naive rules let the pod in, within the budget, and what it promises comes true", (t) => {
  const nodes = Array.from({ length: 5 }, (_, i) => makeNode(`n${i}`, { cpu: "3", labels: { half: String(i % 2) } }));
  let moves = 0;
  fc.assert(
    fc.property(fc.array(onNode, { maxLength: 12 }), fc.array(waiting, { maxLength: 2 }), fc.nat({ max: 6 }), (placed, pending, budget) => {
      const pods: Pod[] = [];
      for (const [i, one] of placed.entries()) {
        const pod = podOf(`p${i}`, one);
        const free = { ...pod, spec: { ...pod.spec!, nodeName: "" } };
        if (fitsNaively(free, nodes[one.node]!, { nodes, pods, namespaces: {} })) pods.push(pod);
      }
      const wait = pending.map(({ cpu, priority }, i) => makePod(`w${i}`, { requests: { cpu: `${cpu}00m` }, priority, spec: { preemptionPolicy: "Never" } }));
      const plan = planMoves(coreOf({ ...NO_OBJECTS, nodes, pods: [...pods, ...wait] }, options), { budget, goals: GOALS });
      if (plan.moves.length > budget) throw new Error(`${plan.moves.length} moves of ${budget}`);
      const now = new Map(pods.map((pod) => [`default/${pod.metadata.name}`, pod]));
      for (const { pod, from, to } of plan.moves) {
        const there = now.get(pod.key)!;
        if (there.spec?.nodeName !== from || there.metadata.ownerReferences === undefined) throw new Error(`${pod.key} is not to be moved from ${from}`);
        now.delete(pod.key);
        const free = { ...there, spec: { ...there.spec, nodeName: "" } };
        const node = nodes.find(({ metadata }) => metadata.name === to)!;
        if (!fitsNaively(free, node, { nodes, pods: [...now.values()], namespaces: {} })) throw new Error(`${pod.key} does not fit on ${to}`);
        now.set(pod.key, { ...there, spec: { ...there.spec, nodeName: to } });
        moves++;
      }
      for (const name of plan.emptied) if ([...now.values()].some((pod) => pod.spec?.nodeName === name)) throw new Error(`${name} is not empty`);
    }),
    { numRuns: 300 },
  );
  t.true(moves > 50, `${moves} moves were looked at`);
});

test("a move is proved with all that waits in its way", (t) => {
  const nodes = ["a", "b"].map((name) => makeNode(name, { cpu: "2" }));
  const moved = podOf("moved", { node: 0, cpu: 10, owned: 1, kind: "plain", priority: 0 });
  const onA = { ...moved, spec: { ...moved.spec!, nodeName: "a" } };
  t.deepEqual(proveMove({ ...NO_OBJECTS, nodes, pods: [onA] }, onA, options), { type: "place", node: "b" });
  const first = makePod("first", { requests: { cpu: "1500m" }, priority: 1 });
  const proof = proveMove({ ...NO_OBJECTS, nodes, pods: [onA, first] }, onA, options);
  t.is(proof.type, "none");
  t.regex(proof.type === "none" ? proof.reason : "", /the scheduler would put it back on the same node/);
  const full = makePod("full", { nodeName: "b", requests: { cpu: "2" } });
  const other = makePod("other", { requests: { cpu: "1500m" }, priority: 1 });
  const none = proveMove({ ...NO_OBJECTS, nodes, pods: [onA, full, other] }, onA, options);
  t.regex(none.type === "none" ? none.reason : "", /it would have no other place: 0\/2 nodes are available/);
});
