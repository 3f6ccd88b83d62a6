import test from "ava";
import { deployments, leases } from "../../../api/resources.ts";
import { addNode, addPod, withLiveCluster } from "../../../scheduler/testing/live-objects.ts";
import { runBerth } from "../../testing/run-berth.ts";
import { systemClock } from "../../../lib/clock.ts";
import { defaultConfiguration } from "../../../scheduler/configuration/configuration.ts";
import { SchedulerCore } from "../../../scheduler/core.ts";
import { explainPod } from "../../../scheduler/explain/explain.ts";
import type { LiveCluster } from "../../../scheduler/testing/live.ts";
import { makeNode, makePod } from "../../../scheduler/testing/objects.ts";

async function why(cluster: LiveCluster, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runBerth(["why", ...args], { kubeconfig: cluster.server.adminKubeconfigPath });
  if (code !== 0) throw new Error(`berth why ${args.join(" ")}: ${code}\n${stderr}`);
  return stdout;
}

test("a pod that fits nowhere: reasons with their nodes, what is missing on the nearest, who holds it, and the smallest change", async (t) => {
  await withLiveCluster(async (cluster) => {
    await addNode(cluster, "small", { cpu: "4" });
    await addNode(cluster, "tainted", { cpu: "1", taints: [{ key: "team", value: "a", effect: "NoSchedule" }] });
    await addNode(cluster, "tiny", { cpu: "1" });
    for (const [i, cpu] of ["400m", "400m", "400m", "1400m"].entries()) await addPod(cluster, `low-${i}`, { nodeName: "small", requests: { cpu } });
    await addPod(cluster, "wants", { requests: { cpu: "2" }, spec: { priorityClassName: "patient" } });
    const text = await why(cluster, "wants");
    t.regex(text, /^default\/wants: 0\/3 nodes are available\n/);
    t.regex(text, /3 {2}Insufficient cpu {2}small, tainted, tiny\n/);
    t.regex(text, /1 {2}untolerated taint team=a:NoSchedule {2}tainted\n/);
    t.regex(text, /small {2}needs 2 CPU, 1\.4 free: 4 pods of lower priority hold 2\.6\n/);
    t.regex(text, /tiny {2}needs 2 CPU, the whole node has 1\n/);
    t.regex(text, /let container main request 1400m cpu \(now 2\): it then fits on small/);
    t.regex(text, /move default\/low-3 off small|remove default\/low-\d/);
    t.regex(text, /add a node like small \(4 CPU, 32Gi memory\)/);
    t.false(text.includes("\u001b"), "no colours where the output is no terminal");
    t.true(text.split("\n").length <= 24, "one screen");
    const json = JSON.parse(await why(cluster, "wants", "-o", "json"));
    t.deepEqual(json.reasons.map((one: { reason: string; nodes: string[] }) => [one.reason, one.nodes]), [
      ["Insufficient cpu", ["small", "tainted", "tiny"]],
      ["untolerated taint team=a:NoSchedule", ["tainted"]],
    ]);
  });
});

test("a placed pod: why this node, each score beside the next best; a pod that may preempt; a pod that fits but nobody schedules", async (t) => {
  await withLiveCluster(async (cluster) => {
    await addNode(cluster, "a", { cpu: "2" });
    await addNode(cluster, "b", { cpu: "2" });
    await addPod(cluster, "seed", { nodeName: "b", requests: { cpu: "500m", memory: "1Gi" } });
    await addPod(cluster, "placed", { nodeName: "b", requests: { cpu: "1", memory: "1Gi" } });
    const text = await why(cluster, "pod/placed");
    t.regex(text, /^default\/placed: placed on b: the best of 2 nodes that fit\n/);
    t.regex(text, /score +b +a\n +Packing +\d+\.\d +\d+\.\d\n +total +\d+\.\d +\d+\.\d\n/);
    await addPod(cluster, "more", { nodeName: "a", requests: { cpu: "2" } });
    await addPod(cluster, "urgent", { requests: { cpu: "1" }, spec: { priorityClassName: "high" } });
    t.regex(await why(cluster, "urgent"), /Preemption: the scheduler makes room on [ab] by evicting default\/(placed|seed|more) \(lower priority\)/);
    await addPod(cluster, "easy", { requests: { cpu: "100m" } });
    await cluster.client.create(leases, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "kube-scheduler", namespace: "kube-system" }, spec: { holderIdentity: "host-1", leaseDurationSeconds: 15, renewTime: "2020-01-01T00:00:00.000000Z" } });
    t.regex(await why(cluster, "easy"), /\n {2}no scheduler runs: the last one \(host-1\) was there \d+d ago\. Start one: berth scheduler\n/);
    t.regex(await why(cluster, "easy"), /^default\/easy: it fits now: b is the best of 1 node\n/);
    await addPod(cluster, "gated", { spec: { schedulingGates: [{ name: "quota.example.com/wait" }] } });
    t.regex(await why(cluster, "gated"), /held back by the scheduling gate quota\.example\.com\/wait: .* Once they are gone it fits\./);
    await addPod(cluster, "theirs", { spec: { schedulerName: "volcano" } });
    t.regex(await why(cluster, "theirs"), /schedulerName is "volcano", and no profile of Berth's scheduler has that name: unless another scheduler runs, nobody schedules it/);
    const absent = await runBerth(["why", "absent"], { kubeconfig: cluster.server.adminKubeconfigPath });
    t.is(absent.code, 1);
    t.regex(absent.stderr, /pods "absent" not found/);
  });
});

test("labels, cordons, volumes and neighbours are named, with what mends them", async (t) => {
  await withLiveCluster(async (cluster) => {
    t.regex(await why(cluster, (await addPod(cluster, "early")).metadata.name!), /there are no nodes in the cluster/);
    await addNode(cluster, "a", { labels: { disk: "slow" } });
    await addNode(cluster, "b", { labels: { disk: "fast" }, unschedulable: true });
    await addPod(cluster, "picky", { spec: { nodeSelector: { disk: "fast" } } });
    const picky = await why(cluster, "picky");
    t.regex(picky, /a {2}wants disk=fast, the node has disk=slow\n/);
    t.regex(picky, /b {2}the node is cordoned\n/);
    t.regex(picky, /Smallest change that makes it fit .*:\n {2}uncordon b\n/);
    await addPod(cluster, "alone", { nodeName: "a", labels: { app: "x" } });
    const hostname = "kubernetes.io/hostname";
    const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: { matchLabels: { app: "x" } }, topologyKey: hostname }] } };
    await addPod(cluster, "apart", { labels: { app: "x" }, spec: { affinity: apart } });
    t.regex(await why(cluster, "apart"), /a {2}must not be with pods with app=x, default\/alone is in this node\n/);
    await addPod(cluster, "stored", { spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "data" } }] } });
    // A machine that is slow enough also says, truly, that no scheduler has looked at it.
    t.regex(await why(cluster, "stored"), /no node can take it: persistentvolumeclaim "data" not found\n( +no scheduler .*\n)? +claim data: there is no such claim/);
  });
});

test("a pod of a group: its group is explained, with the others in their places", (t) => {
  const core = new SchedulerCore({ clock: systemClock, configuration: defaultConfiguration });
  const member = (i: number) => makePod(`g-${i}`, { requests: { cpu: "1" }, labels: { "scheduling.x-k8s.io/pod-group": "g" } });
  core.setNode(makeNode("a", { cpu: "2" }));
  for (let i = 0; i < 3; i++) core.setPod(member(i));
  t.regex(explainPod(core, member(0), "default-scheduler").summary, /it belongs to the pod group default\/g, and there is no such PodGroup/);
  const group = (minMember: number) => core.setPodGroup("default/g", { metadata: { name: "g", namespace: "default" }, spec: { minMember } });
  group(4);
  t.regex(explainPod(core, member(0), "default-scheduler").summary, /waits for its pods: 3 of 4 are there/);
  group(3);
  const whole = explainPod(core, member(0), "default-scheduler");
  t.is(whole.state, "waits-for-group");
  t.regex(whole.summary, /2 of 3 pods have a place, 1 more place needed\. default\/g-2 has none/);
  t.deepEqual(whole.nearest[0]?.missing, ["needs 1 CPU, 0 free"]);
  t.is(core.snapshot.placements.size, 0, "what was tried is taken back");
  group(2);
  t.is(explainPod(core, member(0), "default-scheduler").state, "fits");
});

test("a workload: its pending pods, those that are alike once; none at all", async (t) => {
  await withLiveCluster(async (cluster) => {
    await addNode(cluster, "a", { cpu: "1" });
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "web" }] } };
    await cluster.client.create(deployments, { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "default" }, spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template } });
    t.regex(await why(cluster, "deploy/web"), /^deployment\/web has no pods\n {2}nothing says why: does the controller that makes them run/);
    await addPod(cluster, "web-0", { labels: { app: "web" }, nodeName: "a", requests: { cpu: "500m" } });
    for (const name of ["web-1", "web-2"]) await addPod(cluster, name, { labels: { app: "web" }, requests: { cpu: "2" } });
    const text = await why(cluster, "deploy/web");
    t.regex(text, /^default\/web-1: 0\/1 nodes are available\n[\s\S]*\nThe same holds for 1 more like it\.\n$/);
    t.false(text.includes("web-0:"));
    t.deepEqual(JSON.parse(await why(cluster, "deploy/web", "-o", "json"))[0].alike, ["web-2"]);
  });
});
