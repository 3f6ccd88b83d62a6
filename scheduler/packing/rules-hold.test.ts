import test from "ava";
import fc from "fast-check";
import type { Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod, type PodText } from "../testing/objects.ts";

const ZONE = "topology.kubernetes.io/zone";
const HOSTNAME = "kubernetes.io/hostname";
const GPU = "nvidia.com/gpu";
const ZONES = ["a", "b", "c"];

const selecting = (app: string) => ({ matchLabels: { app } });
const KINDS: Readonly<Record<string, PodText>> = {
  /** At most one more in a zone than in the emptiest. */
  spread: { labels: { app: "spread" }, spec: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: "DoNotSchedule", labelSelector: selecting("spread") }] } },
  /** Never two on a node. */
  apart: { labels: { app: "apart" }, spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selecting("apart"), topologyKey: HOSTNAME }] } } } },
  /** Only in a zone with one that is spread. */
  near: { labels: { app: "near" }, spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: selecting("spread"), topologyKey: ZONE }] } } } },
  /** Only on nodes of zone a. */
  tied: { labels: { app: "tied" }, spec: { nodeSelector: { [ZONE]: "a" } } },
  free: { labels: { app: "free" } },
  device: { labels: { app: "device" }, requests: { "berth.dev/gpu-milli": "300" } },
};

const arrival = fc.record({ kind: fc.constantFrom(...Object.keys(KINDS)), cpu: fc.constantFrom("250m", "500m", "1") });

function newCluster(): SchedulerCore {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  for (let i = 0; i < 9; i++) core.setNode(makeNode(`node-${i}`, { cpu: "3", labels: { [ZONE]: ZONES[i % 3]! }, ...(i < 3 && { extended: { [GPU]: "2" } }) }));
  return core;
}

function podOf(index: number, { kind, cpu }: { kind: string; cpu: string }): Pod {
  const text = KINDS[kind]!;
  return makePod(`${kind}-${index}`, { ...text, requests: { cpu, ...text.requests } });
}

/** What holds for every pod at the moment it is placed; undefined: all of it. */
function broken(kind: string, node: string, places: readonly { readonly kind: string; readonly node: string }[]): string | undefined {
  const zoneOf = (name: string) => ZONES[Number(name.slice("node-".length)) % 3]!;
  if (kind === "spread") {
    const counts = ZONES.map((zone) => places.filter((one) => one.kind === "spread" && zoneOf(one.node) === zone).length);
    if (counts[ZONES.indexOf(zoneOf(node))]! + 1 - Math.min(...counts) > 1) return `the zones hold ${counts.join()}, and one more came to ${zoneOf(node)}`;
  }
  if (kind === "apart" && places.some((one) => one.kind === "apart" && one.node === node)) return `two on ${node}`;
  if (kind === "near" && !places.some((one) => one.kind === "spread" && zoneOf(one.node) === zoneOf(node))) return `none to be near to in zone ${zoneOf(node)}`;
  if (kind === "tied" && zoneOf(node) !== "a") return `tied to zone a, placed in ${zoneOf(node)}`;
  return undefined;
}

test("spreading, affinity and anti-affinity hold for every pod, however it packs", (t) => {
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 10, maxLength: 60 }), (arriving) => {
      const core = newCluster();
      const places: { kind: string; node: string }[] = [];
      for (const [i, one] of arriving.entries()) {
        core.setPod(podOf(i, one));
        for (let decision = core.step(); decision !== undefined; decision = core.step()) {
          if (decision.type !== "placed") continue;
          const kind = decision.pod.info.name.split("-")[0]!;
          const wrong = broken(kind, decision.node, places);
          if (wrong !== undefined) throw new Error(`${decision.pod.info.name}: ${wrong}`);
          places.push({ kind, node: decision.node });
          core.bound(decision.pod);
        }
      }
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test("it packs within what the rules leave: pods that must spread go to the fullest node of each zone", (t) => {
  const core = newCluster();
  for (const node of ["node-3", "node-4", "node-5"]) core.setPod(makePod(`seed-${node}`, { nodeName: node, requests: { cpu: "1" } }));
  const nodes: string[] = [];
  for (let i = 0; i < 6; i++) core.setPod(podOf(i, { kind: "spread", cpu: "250m" }));
  for (let decision = core.step(); decision !== undefined; decision = core.step()) if (decision.type === "placed") nodes.push(decision.node);
  t.deepEqual(nodes.sort(), ["node-3", "node-3", "node-4", "node-4", "node-5", "node-5"]);
});

test("pods without devices keep off nodes that have some, as long as others have room", (t) => {
  const core = newCluster();
  const nodes: number[] = [];
  for (let i = 0; i < 20; i++) core.setPod(podOf(i, { kind: "free", cpu: "1" }));
  for (let decision = core.step(); decision !== undefined; decision = core.step()) if (decision.type === "placed") nodes.push(Number(decision.node.slice("node-".length)));
  t.is(nodes.filter((node) => node < 3).length, 2, "18 fit on the six nodes without devices");
});

test("priority goes before packing: the more important pod gets the last room, and takes it from others", (t) => {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  core.setNode(makeNode("node", { cpu: "2" }));
  core.setPod(makePod("exact", { requests: { cpu: "2" } }));
  core.setPod(makePod("important", { requests: { cpu: "1500m" }, priority: 10 }));
  const first = core.step();
  t.is(first?.pod.info.name, "important");
  t.is(first?.type, "placed");
  core.bound(first!.pod);
  core.setPod(makePod("vital", { requests: { cpu: "1" }, priority: 20 }));
  const said = [core.step(), core.step()].find((decision) => decision?.pod.info.name === "vital");
  t.deepEqual(said?.type === "unplaced" ? said.preemption?.victims.map((victim) => victim.name) : [], ["important"]);
});
