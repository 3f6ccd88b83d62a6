import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { addNode, addPod, withLiveCluster } from "../../../scheduler/testing/live-objects.ts";
import { runBerth } from "../../testing/run-berth.ts";

const WORKLOAD = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x, resources: {limits: {cpu: "2", memory: 2Gi}}}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{labelSelector: {matchLabels: {app: db}}, topologyKey: kubernetes.io/hostname}]}}
      containers: [{name: c, image: x, resources: {requests: {cpu: "1", memory: 4Gi}}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: log}
spec:
  selector: {matchLabels: {app: log}}
  template:
    metadata: {labels: {app: log}}
    spec: {containers: [{name: c, image: x, resources: {requests: {cpu: "1", memory: 1Gi}}}]}
`;

interface Packed {
  nodesNeeded: number;
  placed: number;
  onExisting?: number;
  lowerBound?: { nodes: number };
  unplaceable: { pod: string; reason: string }[];
  now?: { nodesInUse: number };
  summary: { nodes: { pods: number }[]; dimensions: { resource: string; used: number; offered: number; unusable: number; because: Record<string, number> }[] };
}

async function packed(args: readonly string[], options: { kubeconfig?: string; input?: string }): Promise<Packed> {
  const { code, stdout, stderr } = await runBerth(["pack", ...args, "-o", "json"], options);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test("nodes that files need: daemons on each node, anti-affinity kept, limits as requests, what is left and why, a picture", async (t) => {
  // A node has 7 CPUs for pods beside its daemon: 15 CPUs in all need 3 nodes, and so do the three of the StatefulSet.
  const result = await packed(["-f", "-", "--node", "cpu=8,memory=32Gi"], { input: WORKLOAD });
  t.is(result.nodesNeeded, 3);
  t.is(result.placed, 9);
  t.is(result.lowerBound?.nodes, 3);
  t.deepEqual(result.summary.nodes.map(({ pods }) => pods).reduce((sum, pods) => sum + pods, 0), 12, "each node has its daemon");
  const [cpu, memory] = result.summary.dimensions;
  t.is(cpu?.resource, "cpu");
  t.is(cpu?.used, 18_000);
  t.is(memory?.resource, "memory");
  t.true((memory?.because["cpu is used up there"] ?? 0) > 0, "memory is left because CPU is used up");

  const dir = mkdtempSync(join(tmpdir(), "berth-pack-"));
  try {
    const svg = join(dir, "pack.svg");
    const text = await runBerth(["pack", "-f", "-", "--node", "cpu=8,memory=32Gi", "--svg", svg], { input: WORKLOAD });
    t.regex(text.stdout, /^9 pods need 3 nodes of node\n {2}no packing can do with fewer than 3 /);
    t.regex(text.stdout, /█/);
    t.regex(readFileSync(svg, "utf8"), /^<svg [\s\S]*default\/web-0: 25 % of cpu[\s\S]*<\/svg>\n$/);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("kinds of nodes are tried in order; what fits on none is said with its reason; mistakes are told", async (t) => {
  const gpu = `
apiVersion: v1
kind: Pod
metadata: {name: train}
spec: {containers: [{name: c, image: x, resources: {limits: {cpu: "1", memory: 1Gi, nvidia.com/gpu: 2}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: share}
spec: {containers: [{name: c, image: x, resources: {requests: {cpu: "1", berth.dev/gpu-milli: 500}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: huge}
spec: {containers: [{name: c, image: x, resources: {requests: {cpu: "100"}}}]}
`;
  const result = await packed(["-f", "-", "--node", "cpu=8,memory=32Gi", "--node", "cpu=8,memory=32Gi,nvidia.com/gpu=4,name=gpu"], { input: gpu });
  t.is(result.nodesNeeded, 1, "one node with devices does for both");
  t.deepEqual(result.unplaceable.map(({ pod }) => pod), ["default/huge"]);
  t.regex(result.unplaceable[0]!.reason, /an empty node says: Insufficient cpu/);
  for (const [args, said] of [
    [["--node", "cpu=8"], /cpu and memory are needed/],
    [["--node", "cpu=many,memory=1Gi"], /"many" is not an amount/],
    [[], /say what nodes there may be/],
  ] as const) {
    const wrong = await runBerth(["pack", "-f", "-", ...args], { input: gpu });
    t.is(wrong.code, 2);
    t.regex(wrong.stderr, said);
  }
});

test("the live cluster packed anew, on other machines, and with a workload on top", async (t) => {
  await withLiveCluster(async (cluster) => {
    const kubeconfig = cluster.server.adminKubeconfigPath;
    for (const name of ["a", "b", "c"]) {
      await addNode(cluster, name, { cpu: "4", memory: "8Gi" });
      await addPod(cluster, `on-${name}`, { nodeName: name, requests: { cpu: "1", memory: "1Gi" } });
    }
    const anew = await packed([], { kubeconfig });
    t.is(anew.now?.nodesInUse, 3);
    t.is(anew.nodesNeeded, 1);
    t.is((await packed(["--node", "cpu=2,memory=8Gi"], { kubeconfig })).nodesNeeded, 2);
    const beside = await packed(["-f", "-", "--cluster", "--node", "cpu=8,memory=32Gi"], { kubeconfig, input: WORKLOAD });
    t.is(beside.placed, 9);
    t.true((beside.onExisting ?? 0) > 0 && beside.nodesNeeded >= 1);
  });
});
