import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { report, say } from "../harness/report.ts";
import { configMapLua, CONFIGMAP_PATH, POD_LUA, POD_PATH } from "./objects.ts";
import { type ApiServerProcess, call, cpuOf, type MeasuredServer, startFloor } from "./servers.ts";
import { usageOfProcess } from "../harness/processes.ts";
import { peakRss } from "./peak-rss.ts";
import { drive, type Load, type LoadResult } from "./wrk.ts";

const WARM_UP_S = 2;
const MEASURED_S = 8;

/** CPU seconds and results of a load after a warm-up. */
async function measured(server: MeasuredServer, load: Omit<Load, "duration_s">): Promise<{ result: LoadResult; cpu_s: number }> {
  await drive(server, { ...load, duration_s: WARM_UP_S });
  let result: LoadResult | undefined;
  const cpu_s = await cpuOf(server, async () => {
    result = await drive(server, { ...load, duration_s: MEASURED_S });
  });
  return { result: result!, cpu_s };
}

/** GET of a pod, beside a bare server that has the same bytes in memory. */
export async function measureGet(server: ApiServerProcess, port: number): Promise<void> {
  say("get: a pod over 64 connections");
  await fill(server, POD_PATH, POD_LUA, "get", 1);
  const { items } = await call<{ items: { metadata: { name: string } }[] }>(server.client, "GET", `${POD_PATH}?limit=1`);
  const path = `${POD_PATH}/${items[0]?.metadata.name}`;
  const answer = await server.client.request({ path });
  const bodyFile = join(server.dataDir, "get.json");
  writeFileSync(bodyFile, await bytesOf(answer.chunks));
  const load = { path, token: server.token, connections: 64 };
  const own = await measured(server, load);
  const floor = await startFloor("bytes", port, server, { bodyFile });
  try {
    const bare = await measured(floor, load);
    const value = (own.cpu_s / own.result.requests) * 1e6;
    const floor_us = (bare.cpu_s / bare.result.requests) * 1e6;
    report({ bench: "api", figure: "get", value, unit: "us of CPU a request", conditions: { connections: 64, requests_per_s: Math.round(own.result.requests_per_s), floor_requests_per_s: Math.round(bare.result.requests_per_s), p99_ms: own.result.p99_ms }, floor: floor_us, ratio: floor_us / value });
  } finally {
    await floor.stop();
  }
}

/** LIST of 10,000 pods, beside a bare server that writes the same bytes in chunks. */
export async function measureList(server: ApiServerProcess, port: number, pods: number): Promise<void> {
  say(`list: ${pods} pods`);
  await fill(server, POD_PATH, POD_LUA, "list", pods);
  const answer = await server.client.request({ path: POD_PATH });
  const bytes = await bytesOf(answer.chunks);
  const bodyFile = join(server.dataDir, "list.json");
  writeFileSync(bodyFile, bytes);
  const load = { path: POD_PATH, token: server.token, connections: 4 };
  const own = await measured(server, load);
  const floor = await startFloor("chunks", port, server, { bodyFile });
  try {
    const bare = await measured(floor, load);
    const value = (own.cpu_s / own.result.bytes) * 1e9;
    const floor_ns = (bare.cpu_s / bare.result.bytes) * 1e9;
    report({ bench: "api", figure: "list", value, unit: "ns of CPU a byte", conditions: { pods, bytes: bytes.length, mb_per_s: Math.round(own.result.bytes_per_s / 1e6), floor_mb_per_s: Math.round(bare.result.bytes_per_s / 1e6) }, floor: floor_ns, ratio: floor_ns / value });
  } finally {
    await floor.stop();
  }
}

/** What ten concurrent LISTs of 100 MB add to the server's resident memory. */
export async function measureListMemory(server: ApiServerProcess): Promise<void> {
  say("list_memory_mib: ten concurrent LISTs of 100 MB");
  const [objects, bytes] = [1000, 100_000];
  await fill(server, CONFIGMAP_PATH, configMapLua(bytes), "big", objects);
  const load = { path: CONFIGMAP_PATH, token: server.token };
  await drive(server, { ...load, connections: 1, duration_s: 1 });
  const before = usageOfProcess(server.pid).rss_mib;
  const peak = await peakRss(server.pid, async () => void (await drive(server, { ...load, connections: 10, duration_s: MEASURED_S })));
  report({ bench: "api", figure: "list_memory_mib", value: peak - before, unit: "MiB", conditions: { lists: 10, bytes_each: objects * bytes, resident_before_mib: Math.round(before) } });
}

/** Creates at least `count` objects by `wrk`, in rounds of a few seconds. */
export async function fill(server: ApiServerProcess, path: string, luaBody: string, prefix: string, count: number): Promise<number> {
  let made = 0;
  for (let round = 0; made < count; round++) made += (await drive(server, { path, token: server.token, connections: 64, duration_s: 2, luaBody, prefix: `${prefix}${round}` })).requests;
  return made;
}

export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
