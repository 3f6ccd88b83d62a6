import { namespaces, nodes, pathOf, pods, priorityclasses, serviceaccounts, services } from "../../api/resources.ts";
import type { Node, Pod } from "../../api/wire.ts";
import type { Client } from "../../client/client.ts";
import { systemClock } from "../../lib/clock.ts";
import { postAll } from "./pod-creator.ts";
import { percentile, report, say } from "../harness/report.ts";
import { type BenchCluster, startBenchCluster } from "./bench-cluster.ts";
import { hopelessPod, nodeNumber, SERVICE_COLOR, strayPod, type Workload } from "./workloads.ts";

/** Requests on their way at once. */
const PREPARING = 64;
const CREATING = 32;
/** Nothing was bound for so long: the rest will not be either. */
const STALLED_MS = 20_000;
const CHURN_PERIOD_MS = 100;
/** The label of the measured pods, so that the watch is not told of others. */
const MEASURED = "bench=measured";

/** Runs `work` on all items, so many at once. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) await work(items[i]!, i);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** A Node object with no agent behind it: reported ready, and free of the taint that new nodes get. */
async function addNode(client: Client, { apiVersion, kind, metadata, status }: Node): Promise<void> {
  const made = await client.create(nodes, { apiVersion, kind, metadata: { name: metadata.name!, labels: metadata.labels! } });
  const conditions = [{ type: "Ready", status: "True", reason: "Hollow", message: "", lastHeartbeatTime: made.metadata.creationTimestamp!, lastTransitionTime: made.metadata.creationTimestamp! }];
  await client.patch(nodes, { name: metadata.name! }, "merge", { status: { ...status, conditions } }, { subresource: "status" });
  await client.patch(nodes, { name: metadata.name! }, "merge", { spec: { taints: null } });
}

/** As a client would send it. */
function asSent({ apiVersion, kind, metadata, spec }: Pod, labels: Readonly<Record<string, string>> = {}): Pod {
  const { priority = 0, ...rest } = spec!;
  return {
    apiVersion,
    kind,
    metadata: { name: metadata.name!, namespace: metadata.namespace!, labels: { ...metadata.labels, ...labels } },
    spec: { ...rest, ...(priority > 0 && { priorityClassName: "bench-high" }), terminationGracePeriodSeconds: 0, serviceAccountName: "bench", automountServiceAccountToken: false },
  };
}

async function prepare(client: Client, workload: Workload, count: number): Promise<void> {
  for (const name of ["bench", "bench-0"]) {
    await client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
    await client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "bench", namespace: name } });
  }
  await client.create(priorityclasses, { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "bench-high" }, value: 1000 });
  await client.create(services, { apiVersion: "v1", kind: "Service", metadata: { name: "bench", namespace: "bench" }, spec: { clusterIP: "None", selector: { color: SERVICE_COLOR } } });
  await eachOf(Array.from({ length: count }, (_, i) => nodeNumber(i)), PREPARING, (node) => addNode(client, node));
  await eachOf(workload.initial(count), PREPARING, (pod) => client.create(pods, asSent(pod)));
  await eachOf(Array.from({ length: workload.hopeless ?? 0 }, (_, i) => hopelessPod(i)), PREPARING, (pod) => client.create(pods, asSent(pod)));
}

/** When each measured pod was first seen bound (monotonic ms). */
class Bindings {
  readonly seen = new Map<string, number>();
  last_ms = systemClock.monotonic_ms();
  readonly #wanted: number;
  readonly #done: () => void;
  readonly all: Promise<void>;

  constructor(wanted: number) {
    this.#wanted = wanted;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.all = promise;
    this.#done = resolve;
  }

  async follow(client: Client, resourceVersion: string, signal: AbortSignal): Promise<void> {
    for await (const batch of client.watch(pods, { namespace: "bench", labelSelector: MEASURED, fieldSelector: "spec.nodeName!=", resourceVersion }, signal)) {
      for (const { type, object } of batch) {
        const name = object.metadata?.name ?? "";
        if (type === "DELETED" || !name.startsWith("measured-") || this.seen.has(name)) continue;
        this.last_ms = systemClock.monotonic_ms();
        this.seen.set(name, this.last_ms);
      }
      if (this.seen.size >= this.#wanted) this.#done();
    }
  }

  /** Resolves when all are bound, or when nothing has been for too long. */
  async settled(): Promise<void> {
    const stop = new AbortController();
    const stalled = async () => {
      while (systemClock.monotonic_ms() - this.last_ms < STALLED_MS) await systemClock.sleep(500, stop.signal);
    };
    await Promise.race([this.all, stalled().catch(() => undefined)]);
    stop.abort();
  }
}

/** Nodes and other pods that come and go until `signal` aborts. */
async function churn(client: Client, count: number, signal: AbortSignal): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const node = nodeNumber(count - 1 - (turn % 100));
    await client.delete(nodes, { name: node.metadata.name! });
    await client.create(pods, asSent(strayPod(turn)));
    await addNode(client, node);
    if (turn > 0) await client.delete(pods, { namespace: "bench-0", name: `stray-${turn - 1}` });
    await systemClock.sleep(CHURN_PERIOD_MS, signal).catch(() => undefined);
  }
}

async function run(cluster: BenchCluster, workload: Workload, count: number, wanted: number, store: string): Promise<void> {
  const { client, connection } = cluster;
  say(`${workload.name} at ${count} nodes on ${store}: preparing`);
  await prepare(client, workload, count);
  const objects = Array.from({ length: wanted }, (_, i) => asSent(workload.measured(i, count), { bench: "measured" }));
  const [names, bodies] = [objects.map((pod) => pod.metadata.name!), objects.map((pod) => JSON.stringify(pod))];
  const { metadata } = await client.list(pods, { namespace: "bench", limit: 1 });
  const end = new AbortController();
  const bindings = new Bindings(wanted);
  const following = bindings.follow(client, metadata.resourceVersion ?? "", end.signal).catch((error: unknown) => say(`the watch ended: ${String(error)}`));
  const sent = new Map<string, number>();
  const before = cluster.usage();
  const ownBefore = process.cpuUsage();
  const start_ms = systemClock.monotonic_ms();
  const churning = workload.churn ? churn(client, count, end.signal).catch((error: unknown) => say(`churn ended: ${String(error)}`)) : Promise.resolve();
  await postAll(connection, pathOf(pods, { namespace: "bench" }), bodies, CREATING, (i) => sent.set(names[i]!, systemClock.monotonic_ms()));
  const created_ms = systemClock.monotonic_ms();
  await bindings.settled();
  const after = cluster.usage();
  const own = process.cpuUsage(ownBefore);
  end.abort();
  await Promise.all([following, churning]);
  const latencies_ms = [...bindings.seen].map(([name, seen_ms]) => seen_ms - sent.get(name)!);
  const conditions = { workload: workload.name, nodes: count, pods: wanted, bound: bindings.seen.size, store, part: "end-to-end" };
  const tell = (figure: string, value: number, unit: string) => report({ bench: "scheduler", figure, value, unit, conditions });
  tell("end_to_end_pods_per_s", bindings.seen.size / ((bindings.last_ms - start_ms) / 1000), "pods/s");
  tell("creation_pods_per_s", wanted / ((created_ms - start_ms) / 1000), "pods/s");
  for (const [figure, share] of [["bound_p50_ms", 0.5], ["bound_p99_ms", 0.99]] as const) tell(figure, percentile(latencies_ms, share), "ms");
  tell("server_cpu_per_pod_us", ((after.cpu_s - before.cpu_s) * 1e6) / wanted, "µs");
  tell("client_cpu_per_pod_us", (own.user + own.system) / wanted, "µs");
  tell("server_rss_mib", after.rss_mib, "MiB");
}

/**
 * From the creation of pods over HTTPS, by this process, to their bindings as a watch shows them; the server (API server and scheduler) is a process
 * of its own. Nodes are objects with no agent behind them.
 */
export async function measureEndToEnd(workload: Workload, count: number, wanted: number, store: "embedded" | "etcd"): Promise<void> {
  const cluster = await startBenchCluster(store);
  try {
    await run(cluster, workload, count, wanted, store);
  } finally {
    await cluster.stop();
  }
}
