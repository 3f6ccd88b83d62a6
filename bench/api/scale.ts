import { percentile, report, say } from "../harness/report.ts";
import { POD_LUA, POD_PATH } from "./objects.ts";
import { bytesOf, fill } from "./reads.ts";
import { type ApiServerProcess, call, cpuOf, NAMESPACE } from "./servers.ts";
import { usageOfProcess } from "../harness/processes.ts";
import { drive } from "./wrk.ts";

const SAMPLES = 300;
const NODE_LUA = `'{"metadata":{"name":"' .. name .. '"},"status":{"capacity":{"cpu":"32","memory":"128Gi","pods":"110"}}}'`;

/** 5,000 nodes and 150,000 pods: memory beside their JSON, times of single requests, a write's cost beside that of an empty cluster, cold start. */
export async function measureScale(start: () => Promise<ApiServerProcess>, pods: number, nodes: number): Promise<void> {
  let server = await start();
  try {
    await fill(server, POD_PATH, POD_LUA, "first", 1000);
    const small_us = await createCpu(server, "small");
    say(`loading ${nodes} nodes and ${pods} pods`);
    await fill(server, "/api/v1/nodes", NODE_LUA, "node", nodes);
    await fill(server, POD_PATH, POD_LUA, "pod", pods);
    const large_us = await createCpu(server, "large");
    const conditions = { nodes, pods };
    report({ bench: "api", figure: "write_at_scale", value: large_us, unit: "us of CPU a create", conditions, floor: small_us, ratio: large_us / small_us });
    await server.stop();
    server = await start();
    report({ bench: "api", figure: "cold_start_s", value: server.start_ms / 1000, unit: "s", conditions });
    const json = (await listBytes(server, "/api/v1/pods")) + (await listBytes(server, "/api/v1/nodes"));
    const resident = usageOfProcess(server.pid).rss_mib;
    report({ bench: "api", figure: "resident_per_json_byte", value: (resident * 2 ** 20) / json, unit: "bytes", conditions: { ...conditions, resident_mib: Math.round(resident), json_mib: Math.round(json / 2 ** 20) } });
    await singleRequests(server, conditions);
  } finally {
    await server.stop();
  }
}

async function createCpu(server: ApiServerProcess, prefix: string): Promise<number> {
  let requests = 0;
  const cpu_s = await cpuOf(server, async () => {
    requests = (await drive(server, { path: POD_PATH, token: server.token, connections: 64, duration_s: 4, luaBody: POD_LUA, prefix })).requests;
  });
  return (cpu_s / requests) * 1e6;
}

async function listBytes(server: ApiServerProcess, path: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of (await server.client.request({ path, timeout_ms: 60_000 })).chunks) bytes += chunk.length;
  return bytes;
}

async function singleRequests(server: ApiServerProcess, conditions: Record<string, number>): Promise<void> {
  const list = await call<{ items: { metadata: { name: string } }[] }>(server.client, "GET", `${POD_PATH}?limit=${SAMPLES}`);
  const names = list.items.map((one) => one.metadata.name);
  const node = (await call<{ items: { metadata: { name: string } }[] }>(server.client, "GET", "/api/v1/nodes?limit=1")).items[0]?.metadata.name ?? "";
  for (const name of names.slice(0, 30)) await call(server.client, "POST", `${POD_PATH}/${name}/binding`, { apiVersion: "v1", kind: "Binding", metadata: { name }, target: { kind: "Node", name: node } });
  const time = async (figure: string, count: number, work: (index: number) => Promise<unknown>) => {
    const samples: number[] = [];
    for (let index = 0; index < count; index++) {
      const begin = performance.now();
      await work(index);
      samples.push(performance.now() - begin);
    }
    report({ bench: "api", figure, value: percentile(samples, 0.99), unit: "ms", conditions: { ...conditions, samples: count } });
  };
  const nameAt = (index: number) => names[index % names.length] ?? "";
  await time("get_p99_ms", SAMPLES, async (index) => bytesOf((await server.client.request({ path: `${POD_PATH}/${nameAt(index)}` })).chunks));
  await time("patch_status_p99_ms", SAMPLES, (index) => call(server.client, "PATCH", `${POD_PATH}/${nameAt(index)}/status`, { status: { phase: "Running", message: String(index) } }, "application/strategic-merge-patch+json"));
  await time("list_by_node_p99_ms", 50, async () => bytesOf((await server.client.request({ path: `/api/v1/pods?fieldSelector=spec.nodeName%3D${node}` })).chunks));
  // A namespace of 1,000 pods beside the large one.
  await call(server.client, "POST", "/api/v1/namespaces", { metadata: { name: "small" } });
  await call(server.client, "POST", "/api/v1/namespaces/small/serviceaccounts", { metadata: { name: "default" } });
  const pod = await call<{ spec: { containers: unknown[] } }>(server.client, "GET", `${POD_PATH}/${nameAt(0)}`);
  const template = { containers: [{ name: "c", image: "x", resources: (pod.spec.containers[0] as { resources?: unknown }).resources }] };
  for (let index = 0; index < 1000; index++) await call(server.client, "POST", "/api/v1/namespaces/small/pods", { metadata: { name: `small-${index}`, labels: { app: NAMESPACE } }, spec: template });
  await time("list_of_1000_p99_ms", 50, async () => bytesOf((await server.client.request({ path: "/api/v1/namespaces/small/pods" })).chunks));
}

