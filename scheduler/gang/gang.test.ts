import test from "ava";
import type { Pod } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { type Placed, SchedulerCore, type Unplaced } from "../core.ts";
import { boundTo, makeNode, makePod, type PodText } from "../testing/objects.ts";

function newCore(clock = new VirtualClock()): SchedulerCore {
  return new SchedulerCore({ clock, configuration: defaultConfiguration });
}

function group(core: SchedulerCore, name: string, minMember: number, phase?: string): void {
  core.setPodGroup(`default/${name}`, { metadata: { name, namespace: "default" }, spec: { minMember, scheduleTimeoutSeconds: 30 }, ...(phase && { status: { phase } }) });
}

function member(gang: string, index: number, cpu = "1", text: PodText = {}): Pod {
  const pod = makePod(`${gang}-${index}`, { requests: { cpu }, ...text, labels: { "scheduling.x-k8s.io/pod-group": gang, ...text.labels } });
  return { ...pod, metadata: { ...pod.metadata, ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: gang, uid: gang, controller: true }] } };
}

function addGang(core: SchedulerCore, gang: string, size: number, cpu = "1", text: PodText = {}): void {
  for (let i = 0; i < size; i++) core.setPod(member(gang, i, cpu, text));
}

/** All decisions that can be made now: `pod→node`, or `pod: why`. */
function decideAll(core: SchedulerCore): (Placed | Unplaced)[] {
  const decisions: (Placed | Unplaced)[] = [];
  for (let decision = core.step(); decision !== undefined && decisions.length < 1000; decision = core.step()) decisions.push(decision);
  return decisions;
}

const placedNames = (decisions: readonly (Placed | Unplaced)[]) => decisions.flatMap((one) => (one.type === "placed" ? one.pod.info.name : [])).sort();
const unplaced = (decisions: readonly (Placed | Unplaced)[]) => decisions.filter((one) => one.type === "unplaced") as Unplaced[];

test("a group is placed when all that it needs have a place, and not before", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "2" }));
  group(core, "g", 4);
  addGang(core, "g", 3);
  const early = decideAll(core);
  t.deepEqual(placedNames(early), []);
  t.is(early.at(-1)?.type === "unplaced" ? unplaced(early)[0]!.text : "", '0/1 nodes are available: pod group "default/g" waits for its pods: 1 of 4 are there.'.replace("1 of 4", "3 of 4"));
  core.setPod(member("g", 3));
  const still = decideAll(core);
  t.deepEqual(placedNames(still), []);
  t.is(unplaced(still).length, 4);
  t.regex(unplaced(still).at(-1)!.text, /pod group "default\/g" is placed whole or not at all: 2 of 4 pods have a place; g-\d: 0\/1 nodes are available: 1 Insufficient cpu/);
  t.is(core.snapshot.placements.size, 0, "nothing is held meanwhile");
  core.setPod(makePod("other", { requests: { cpu: "2" } }));
  t.deepEqual(placedNames(decideAll(core)), ["other"], "others go past it");
});

test("a node that comes lets the waiting group in, all at once", async (t) => {
  const clock = new VirtualClock();
  const core = newCore(clock);
  core.setNode(makeNode("a", { cpu: "2" }));
  group(core, "g", 4);
  addGang(core, "g", 5);
  t.deepEqual(placedNames(decideAll(core)), []);
  core.setNode(makeNode("b", { cpu: "2" }));
  await clock.advance(1_000);
  const decisions = decideAll(core);
  t.deepEqual(placedNames(decisions).length, 4);
  t.is(unplaced(decisions).length, 1, "the one beyond minMember waits alone");
});

test("a pod without its PodGroup waits for it", async (t) => {
  const core = newCore();
  core.setNode(makeNode("a"));
  addGang(core, "g", 1);
  t.regex(unplaced(decideAll(core))[0]!.text, /there is no PodGroup "default\/g"/);
  group(core, "g", 1);
  t.deepEqual(placedNames(decideAll(core)), ["g-0"]);
});

test("two groups that together do not fit: one is whole, the other has nothing", (t) => {
  const core = newCore();
  for (const name of ["a", "b", "c"]) core.setNode(makeNode(name, { cpu: "2" }));
  for (const gang of ["g", "h"]) group(core, gang, 4);
  // Their pods come in turn.
  for (let i = 0; i < 4; i++) for (const gang of ["g", "h"]) core.setPod(member(gang, i));
  const names = placedNames(decideAll(core));
  t.is(names.length, 4);
  t.is(new Set(names.map((name) => name[0])).size, 1);
});

test("members that want to be near one another are placed in any order", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "4" }));
  group(core, "g", 2);
  const near = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { role: "main" } }, topologyKey: "kubernetes.io/hostname" }] } };
  core.setPod(member("g", 0, "1", { spec: { affinity: near } }));
  core.setPod(member("g", 1, "1", { labels: { role: "main" } }));
  t.deepEqual(placedNames(decideAll(core)), ["g-0", "g-1"]);
});

test("a group takes the room of lower pods only when that makes it whole, and keeps what it has meanwhile", (t) => {
  const core = newCore();
  for (const name of ["a", "b"]) {
    core.setNode(makeNode(name, { cpu: "2" }));
    core.setPod(makePod(`low-${name}`, { nodeName: name, requests: { cpu: "2" }, priority: 1 }));
  }
  group(core, "big", 5);
  addGang(core, "big", 5, "1", { priority: 100 });
  t.deepEqual(unplaced(decideAll(core)).flatMap((one) => one.preemption?.victims ?? []), [], "five do not fit whoever goes");
  for (let i = 0; i < 5; i++) core.removePod(`default/big-${i}`);
  core.removePod("default/low-a");
  group(core, "g", 4);
  addGang(core, "g", 4, "1", { priority: 100 });
  const decisions = unplaced(decideAll(core));
  t.deepEqual(decisions.flatMap((one) => one.preemption?.victims.map((victim) => victim.name) ?? []), ["low-b"]);
  t.is(decisions.filter((one) => one.preemption !== undefined).length, 4, "all four are nominated");
  core.setPod(makePod("late", { requests: { cpu: "1" }, priority: 50 }));
  t.deepEqual(placedNames(decideAll(core)), [], "the free room is kept for the group");
  core.removePod("default/low-b");
  t.deepEqual(placedNames(decideAll(core)), ["g-0", "g-1", "g-2", "g-3"]);
});

test("a victim is taken rather from a pod that stands alone than from a group that needs it", (t) => {
  const core = newCore();
  for (const name of ["a", "b"]) core.setNode(makeNode(name, { cpu: "1" }));
  group(core, "g", 1);
  core.setPod(boundTo(member("g", 0, "1", { priority: 1 }), "a"));
  core.setPod(makePod("alone", { nodeName: "b", requests: { cpu: "1" }, priority: 5 }));
  core.setPod(makePod("p", { requests: { cpu: "1" }, priority: 100 }));
  t.deepEqual(unplaced(decideAll(core))[0]?.preemption?.victims.map((victim) => victim.name), ["alone"]);
});

test("a group that is bound in part is made whole again, or gives back its places after its timeout", async (t) => {
  const clock = new VirtualClock();
  const core = newCore(clock);
  core.setNode(makeNode("a", { cpu: "3" }));
  group(core, "g", 3);
  addGang(core, "g", 3);
  const placed = decideAll(core) as Placed[];
  t.is(placed.length, 3);
  core.bound(placed[0]!.pod);
  core.bound(placed[1]!.pod);
  // Another binder took the room of the third.
  core.bindFailed(placed[2]!.pod);
  core.setPod(makePod("foreign", { nodeName: "a", requests: { cpu: "1" } }));
  let released: string[] = [];
  for (let s = 0; s < 60 && released.length === 0; s++) {
    await clock.advance(1_000);
    for (const decision of unplaced(decideAll(core))) released = (decision.release ?? []).map((pod) => pod.name).sort();
    if (released.length > 0) t.true(s >= 29, "not before its time");
  }
  t.deepEqual(released, [placed[0]!.pod.info.name, placed[1]!.pod.info.name].sort());
});

test("a group that was whole once takes late members one by one, also after a restart", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "4" }));
  let whole = "";
  core.cluster.gangs.onWhole = (key) => {
    whole = key;
  };
  group(core, "g", 2);
  addGang(core, "g", 2);
  for (const decision of decideAll(core)) core.bound(decision.pod);
  t.is(whole, "default/g");
  core.removePod("default/g-0");
  core.removePod("default/g-1");
  core.setPod(member("g", 2));
  t.deepEqual(placedNames(decideAll(core)), ["g-2"]);
  const later = newCore();
  later.setNode(makeNode("a"));
  group(later, "g", 2, "Scheduled");
  addGang(later, "g", 1);
  t.deepEqual(placedNames(decideAll(later)), ["g-0"]);
});

test("a deleted member of a placed group, a group that goes and a label that changes leave nothing behind", (t) => {
  const core = newCore();
  core.setNode(makeNode("a", { cpu: "4" }));
  group(core, "g", 2);
  addGang(core, "g", 2);
  const placed = decideAll(core);
  core.removePod("default/g-0");
  core.bindFailed(placed[0]!.pod);
  core.removePod("default/g-1");
  core.setPodGroup("default/g", undefined);
  t.is(core.cluster.gangs.get("default/g"), undefined);
  t.is(core.snapshot.placements.size, 0);
  t.is(core.queue.size, 0);
});
