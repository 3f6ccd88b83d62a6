import test from "ava";
import fc from "fast-check";
import type { Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { RelationsReader } from "../relations/pod-relations.ts";
import { ClusterSnapshot } from "../snapshot/cluster-snapshot.ts";
import { LabelSets } from "../snapshot/label-sets.ts";
import { podInfoOf } from "../snapshot/pod-info.ts";
import { PodShapes } from "../snapshot/pod-shape.ts";
import { makeNode, makePod } from "../testing/objects.ts";
import { demandOf } from "./demand.ts";
import { Packing } from "./packing.ts";
import { WorkloadModel } from "./workload-model.ts";

const GPU = "nvidia.com/gpu";
const NODES = [
  makeNode("a", { cpu: "16", memory: "64Gi", extended: { [GPU]: "2" } }),
  makeNode("b", { cpu: "32", memory: "64Gi", extended: { [GPU]: "4" }, labels: { model: "big" } }),
  makeNode("c", { cpu: "8", memory: "64Gi" }),
  makeNode("d", { cpu: "8", memory: "64Gi" }),
];

const request = fc.oneof(
  fc.constantFrom("250", "400", "500", "810").map((milli) => ({ "berth.dev/gpu-milli": milli })),
  fc.constantFrom("1", "1", "2").map((count) => ({ [GPU]: count })),
  fc.constant({}),
);
const arrival = fc.record({ request, cpu: fc.constantFrom("500m", "1", "3"), memory: fc.constantFrom("1Gi", "5Gi"), big: fc.nat({ max: 5 }) });

function podOf(index: number, { request: devices, cpu, memory, big }: { request: Record<string, string>; cpu: string; memory: string; big: number }): Pod {
  return makePod(`p${index}`, { requests: { cpu, memory, ...devices }, ...(big === 0 && { spec: { nodeSelector: { model: "big" } } }) });
}

/** The least cost over the nodes where the pod fits, computed from nothing but the objects and the arrivals so far. */
function bestAfresh(arrived: readonly Pod[], placed: ReadonlyMap<string, { node: string; devices: readonly number[] }>, pod: Pod): number {
  const snapshot = new ClusterSnapshot(defaultConfiguration.deviceResources);
  const reader = { shapes: new PodShapes(defaultConfiguration.deviceResources), labelSets: new LabelSets(), relations: new RelationsReader() };
  const model = new WorkloadModel();
  for (const node of NODES) snapshot.setNode(node);
  for (const other of arrived) {
    const info = podInfoOf(other, reader);
    model.observe(info.shape);
    const where = placed.get(info.name);
    if (where !== undefined) snapshot.place(info, where.node, where.devices, false);
  }
  const info = podInfoOf(pod, reader);
  const core = new Packing(snapshot, model);
  const demand = demandOf(info.shape);
  const costs = snapshot.nodes.filter((node) => fits(snapshot, node.index, info.shape)).map((node) => core.place(demand, node.index).cost);
  return Math.min(...costs);
}

function fits(snapshot: ClusterSnapshot, node: number, shape: ReturnType<PodShapes["of"]>): boolean {
  const state = snapshot.nodes[node]!;
  const room = shape.resourceNames.every((name, i) => {
    const column = snapshot.columns.columnOf(name);
    return column >= 0 && snapshot.requested[column]![node]! + shape.resourceAmounts[i]! <= snapshot.allocatable[column]![node]!;
  });
  return room && (shape.device === undefined || (state.devices?.fits(shape.device) ?? false)) && (shape.nodePredicate?.(state) ?? true);
}

test("the remembered, incremental choice is the one that a fresh computation makes", (t) => {
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 14 }), (arriving) => {
      const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
      for (const node of NODES) core.setNode(node);
      const arrived: Pod[] = [];
      const placed = new Map<string, { node: string; devices: readonly number[] }>();
      for (const [i, one] of arriving.entries()) {
        const pod = podOf(i, one);
        arrived.push(pod);
        core.setPod(pod);
        const best = bestAfresh(arrived, placed, pod);
        const decision = core.step()!;
        if (decision.type === "unplaced") {
          if (best !== Number.POSITIVE_INFINITY) throw new Error(`not placed: ${decision.text}`);
          core.removePod(decision.pod.info.key);
          continue;
        }
        const score = 100 / (1 + Math.exp(best / 1000));
        if (Math.abs(decision.score - score) > 1e-9) throw new Error(`score ${decision.score}, afresh ${score}`);
        placed.set(decision.pod.info.name, { node: decision.node, devices: decision.devices });
        core.bound(decision.pod);
      }
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test("a share goes where it leaves what others can use, learned from the pods seen", (t) => {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  core.setNode(makeNode("g", { cpu: "64", memory: "256Gi", extended: { [GPU]: "8" } }));
  const place = (name: string, milli: string) => {
    core.setPod(makePod(name, { requests: { cpu: "1", "berth.dev/gpu-milli": milli } }));
    const decision = core.step();
    return decision?.type === "placed" ? decision.devices : undefined;
  };
  for (let i = 0; i < 4; i++) {
    place(`large-${i}`, "600");
    place(`small-${i}`, "400");
  }
  const whole = core.snapshot.nodes[0]!.devices!.free.filter((free) => free === 1000).length;
  t.is(whole, 4, "pairs of 600 and 400 fill four devices exactly");
});

test("DaemonSet pods do not make a node one in use, nor are they learned from", (t) => {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  for (const name of ["a", "b"]) core.setNode(makeNode(name));
  const pinned = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] }] } } };
  core.setPod(makePod("daemon", { requests: { cpu: "1" }, spec: { affinity: pinned } }));
  core.setPod(makePod("seed", { nodeName: "b", requests: { cpu: "100m" } }));
  core.setPod(makePod("p", { requests: { cpu: "100m" } }));
  const nodes = [core.step(), core.step()].map((decision) => (decision?.type === "placed" ? decision.node : "none"));
  t.deepEqual(nodes, ["a", "b"]);
});

test("turnover is learned from the pods that leave: none while a cluster fills up, one for one when it is steady, none after it grows again", (t) => {
  const reader = { shapes: new PodShapes(defaultConfiguration.deviceResources), labelSets: new LabelSets(), relations: new RelationsReader() };
  const { shape } = podInfoOf(makePod("p", { requests: { cpu: "1", memory: "1Gi" } }), reader);
  const model = new WorkloadModel();
  const arrive = (count: number, leaves: boolean) => {
    for (let i = 0; i < count; i++) {
      model.observe(shape);
      if (leaves) model.depart(shape);
    }
    return model.outlook?.turnover;
  };
  t.is(arrive(500, false), 0);
  const { futures } = model.outlook!;
  t.is(arrive(8000, true), 1);
  t.is(model.outlook!.futures, futures, "the mix is the same: its futures stay");
  t.is(arrive(20_000, false), 0);
});

test("a pod that leaves its node counts as turnover, one that never had a node does not", (t) => {
  const scoreAfter = (placed: boolean) => {
    const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
    for (const name of ["a", "b"]) core.setNode(makeNode(name, { cpu: "8" }));
    for (let i = 0; i < 200; i++) {
      core.setPod(makePod(`p${i}`, { requests: { cpu: i % 2 === 0 ? "3" : "1" } }));
      const decision = placed ? core.step() : undefined;
      if (decision?.type === "placed") core.bound(decision.pod);
      core.removePod(`default/p${i}`);
    }
    core.setPod(makePod("last", { requests: { cpu: "3" } }));
    const decision = core.step();
    return decision?.type === "placed" ? decision.score : undefined;
  };
  t.not(scoreAfter(true), scoreAfter(false));
});
