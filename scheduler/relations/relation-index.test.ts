import test from "ava";
import fc from "fast-check";
import { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import { LabelSets } from "../snapshot/label-sets.ts";
import { type PodInfo, podInfoOf } from "../snapshot/pod-info.ts";
import { PodShapes } from "../snapshot/pod-shape.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { RelationsReader } from "./pod-relations.ts";
import { RelationIndex } from "./relation-index.ts";

const ZONES = ["a", "b", "c"];
const APPS = ["web", "db"];

const step = fc.oneof(
  fc.record({ type: fc.constant("node" as const), node: fc.nat({ max: 3 }), zone: fc.nat({ max: 3 }) }),
  fc.record({ type: fc.constant("gone" as const), node: fc.nat({ max: 3 }) }),
  fc.record({ type: fc.constant("place" as const), pod: fc.nat({ max: 5 }), node: fc.nat({ max: 3 }) }),
  fc.record({ type: fc.constant("unplace" as const), pod: fc.nat({ max: 5 }) }),
  fc.record({ type: fc.constant("namespace" as const), team: fc.constantFrom("x", "y") }),
);

function newWorld() {
  const snapshot = new ClusterSnapshot([]);
  const relations = new RelationIndex(snapshot);
  const labelSets = new LabelSets();
  labelSets.onRelease((set) => relations.forget(set));
  const reader = { shapes: new PodShapes([]), labelSets, relations: new RelationsReader() };
  return { snapshot, relations, reader };
}

const term = (selector: object, topologyKey: string) => ({ labelSelector: selector, topologyKey, namespaceSelector: { matchLabels: { team: "x" } }, namespaces: ["default"] });

function podNumber(index: number, reader: Parameters<typeof podInfoOf>[1]): PodInfo {
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ matchLabels: { app: APPS[index % 2] } }, "zone")] } };
  const pod = makePod(`p${index}`, { namespace: index % 3 === 0 ? "other" : "default", labels: { app: APPS[index % 2]! }, ...(index % 2 === 0 && { spec: { affinity } }) });
  return podInfoOf(pod, reader);
}

type World = ReturnType<typeof newWorld>;

/** Everything that rules can read, as text. */
function readAll({ snapshot, relations, reader }: World): string {
  const asking = podInfoOf(makePod("asking", { labels: { app: "web" }, spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ matchLabels: { app: "db" } }, "zone")] } } } }), reader);
  const sums = relations.podsPerDomain([asking.relations!.requiredAffinity[0]!.selector], "zone");
  const said = [`total ${sums.total} on ${sums.eligibleNodes}`];
  for (const state of snapshot.nodes) {
    if (state.node === undefined) continue;
    const domain = sums.topology.domainOf(state.index);
    said.push(`${state.name}: ${sums.at(state.index)} in ${domain < 0 ? "none" : sums.nodes[domain]} nodes`);
    for (const holders of relations.holdersSelecting(asking.labelSet)) said.push(`${state.name} ${holders.kind} ${holders.sums.at(state.index)}`);
  }
  reader.labelSets.release(asking.labelSet);
  return said.sort().join("; ");
}

test("counts kept by events are those of a world that was there at once", (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const world = newWorld();
      readAll(world);
      const nodes = new Map<number, number>();
      const placed = new Map<number, { info: PodInfo; node: number }>();
      let team = "";
      for (const event of steps) {
        if (event.type === "node") {
          nodes.set(event.node, event.zone);
          world.snapshot.setNode(nodeNumber(event.node, event.zone));
        } else if (event.type === "gone") {
          nodes.delete(event.node);
          world.snapshot.removeNode(`n${event.node}`);
        } else if (event.type === "namespace") {
          team = event.team;
          world.relations.setNamespace("other", { team });
        } else {
          const old = placed.get(event.pod);
          world.snapshot.unplace(event.pod % 3 === 0 ? `other/p${event.pod}` : `default/p${event.pod}`);
          placed.delete(event.pod);
          if (event.type === "place") {
            const info = podNumber(event.pod, world.reader);
            placed.set(event.pod, { info, node: event.node });
            world.snapshot.place(info, `n${event.node}`, undefined, false);
          }
          if (old !== undefined) world.reader.labelSets.release(old.info.labelSet);
        }
        const fresh = newWorld();
        if (team !== "") fresh.relations.setNamespace("other", { team });
        for (const [node, zone] of nodes) fresh.snapshot.setNode(nodeNumber(node, zone));
        for (const [pod, { node }] of placed) fresh.snapshot.place(podNumber(pod, fresh.reader), `n${node}`, undefined, false);
        const expected = readAll(fresh);
        const actual = readAll(world);
        if (actual !== expected) throw new Error(`after ${event.type}: ${actual}\nat once: ${expected}`);
      }
    }),
    { numRuns: 200 },
  );
  t.pass();
});

function nodeNumber(node: number, zone: number) {
  return makeNode(`n${node}`, { labels: zone < ZONES.length ? { zone: ZONES[zone]! } : {} });
}
