import { report, say } from "../harness/report.ts";
import { POD_LUA, POD_PATH } from "./objects.ts";
import { type ApiServerProcess, cpuOf, startFloor } from "./servers.ts";
import { usageOfProcess } from "../harness/processes.ts";
import { drive, type LoadResult } from "./wrk.ts";

const WARM_UP_S = 4;
const MEASURED_S = 8;

/** CREATE of pods with all admission, beside HTTPS + JSON.parse + JSON.stringify + a commit in the same kind of store. */
export async function measureCreate(server: ApiServerProcess, port: number, store: "embedded" | "etcd", floorEtcd: readonly string[]): Promise<void> {
  say(`create: pods over 64 connections, ${store}`);
  const load = { path: POD_PATH, token: server.token, connections: 64, luaBody: POD_LUA };
  const run = async (target: Parameters<typeof drive>[0]) => {
    await drive(target, { ...load, prefix: "warm", duration_s: WARM_UP_S });
    let result: LoadResult | undefined;
    const cpu_s = await cpuOf(target, async () => {
      result = await drive(target, { ...load, prefix: "made", duration_s: MEASURED_S });
    });
    return { result: result!, cpu_us: (cpu_s / result!.requests) * 1e6 };
  };
  const own = await run(server);
  const floor = await startFloor("create", port, server, { etcd: floorEtcd });
  try {
    const bare = await run(floor);
    const conditions = { store, connections: 64, pods_per_s: Math.round(own.result.requests_per_s), floor_per_s: Math.round(bare.result.requests_per_s), p99_ms: own.result.p99_ms, resident_mib: Math.round(usageOfProcess(server.pid).rss_mib) };
    report({ bench: "api", figure: "create", value: own.cpu_us, unit: "us of CPU a request", conditions, floor: bare.cpu_us, ratio: bare.cpu_us / own.cpu_us });
  } finally {
    await floor.stop();
  }
}
