import test from "ava";
import type { PersistentVolumeClaim, PodSpec } from "../../api/wire.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { defaultConfiguration } from "../configuration/configuration.ts";
import { SchedulerCore } from "../core.ts";
import { makeNode, makePod } from "../testing/objects.ts";

function newCore(): SchedulerCore {
  const core = new SchedulerCore({ clock: new VirtualClock(), configuration: defaultConfiguration });
  for (const name of ["a", "b"]) core.setNode(makeNode(name));
  return core;
}

function victims(core: SchedulerCore): string[] {
  const decision = core.step();
  return decision?.type === "unplaced" ? (decision.preemption?.victims.map((pod) => pod.name) ?? [decision.text]) : [`placed on ${decision?.node}`];
}

test("the lower pod that holds a ReadWriteOncePod claim goes", (t) => {
  const core = newCore();
  const claim: PersistentVolumeClaim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "default", annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
    spec: { accessModes: ["ReadWriteOncePod"], volumeName: "v" },
    status: { phase: "Bound" },
  };
  core.setStorage("claims", "default/c", claim);
  core.setStorage("volumes", "v", { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "v" }, spec: {} });
  const spec: Partial<PodSpec> = { volumes: [{ name: "d", persistentVolumeClaim: { claimName: "c" } }] };
  core.setPod(makePod("low", { nodeName: "b", priority: 1, spec: { ...spec } }));
  core.setPod(makePod("p", { priority: 10, spec }));
  t.deepEqual(victims(core), ["low"]);
  core.removePod("default/low");
  t.regex(victims(core)[0]!, /^placed on/);
});

test("the lower pod that uses the same disk goes", (t) => {
  const core = newCore();
  core.removeNode("b");
  const spec: Partial<PodSpec> = { volumes: [{ name: "d", rbd: { monitors: ["m"], image: "i" } }] };
  core.setPod(makePod("low", { nodeName: "a", priority: 1, spec: { ...spec } }));
  core.setPod(makePod("other", { nodeName: "a", priority: 1 }));
  core.setPod(makePod("p", { priority: 10, spec }));
  t.deepEqual(victims(core), ["low"]);
  t.deepEqual([...core.snapshot.nodeNamed("a")!.placements.keys()].sort(), ["default/low", "default/other"], "the trial left everything as it was");
});
