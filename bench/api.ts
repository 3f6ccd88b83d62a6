import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEtcdCluster } from "../store/conformance/etcd-cluster.ts";
import { runOk } from "../e2e/harness/run.ts";
import { measureCreate } from "./api/creates.ts";
import { measureGet, measureList, measureListMemory } from "./api/reads.ts";
import { measureScale } from "./api/scale.ts";
import { startApiServer } from "./api/servers.ts";
import { usageOfProcess } from "./harness/processes.ts";
import { measureFanOut, measureIdleHttp1, measureIdleWatches } from "./api/watches.ts";
import { report, say } from "./harness/report.ts";

/**
 * The API server alone, over TLS on loopback, each figure beside its floor in the same run: a bare `node:https` server that does the same with the same bytes.
 * `ratio` of get, list and create is the floor's CPU ÷ Berth's. FIGURES=get,list,… measures only these; PODS and NODES set the size of `scale`.
 */
const ALL = ["get", "list", "list_memory", "create", "create_etcd", "watch", "idle_watch", "idle_watch_http1", "scale"];
const wanted = new Set((process.env.FIGURES ?? ALL.join(",")).split(","));
const unknown = [...wanted].filter((name) => !ALL.includes(name));
if (unknown.length > 0) {
  say(`FIGURES: ${unknown.join(", ")}: no such figure. There are: ${ALL.join(",")}`);
  process.exit(2);
}
await runOk(undefined, ["sh", "-c", "command -v wrk"]).catch(() => {
  say("wrk is missing: apt-get install wrk");
  process.exit(2);
});

/** What an idle server takes is looked at after so long. */
const IDLE_S = 30;
const dir = mkdtempSync(join(tmpdir(), "berth-bench-api-"));
let next = 0;
const port = () => 21_000 + (process.pid % 10_000) + next++;

/** A server with a store of its own for one figure. */
async function on(names: readonly string[], measure: (server: Awaited<ReturnType<typeof startApiServer>>) => Promise<void>, etcd: readonly string[] = []): Promise<void> {
  if (!names.some((name) => wanted.has(name))) return;
  const dataDir = join(dir, names[0] ?? "");
  const server = await startApiServer(dataDir, port(), etcd);
  try {
    await measure(server);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

try {
  await on(["get"], async (server) => {
    await new Promise((resolve) => setTimeout(resolve, IDLE_S * 1000));
    report({ bench: "api", figure: "idle_rss_mib", value: usageOfProcess(server.pid).rss_mib, unit: "MiB", conditions: { store: "embedded", objects: "bootstrap", idle_s: IDLE_S } });
    await measureGet(server, port());
  });
  await on(["list"], (server) => measureList(server, port(), 10_000));
  await on(["list_memory"], (server) => measureListMemory(server));
  await on(["create"], (server) => measureCreate(server, port(), "embedded", []));
  if (wanted.has("create_etcd")) {
    const etcd = await startEtcdCluster();
    try {
      await on(["create_etcd"], (server) => measureCreate(server, port(), "etcd", etcd.endpoints), etcd.endpoints);
    } finally {
      await etcd.stop();
    }
  }
  await on(["watch"], (server) => measureFanOut(server, port()));
  await on(["idle_watch"], (server) => measureIdleWatches(server));
  await on(["idle_watch_http1"], (server) => measureIdleHttp1(server, port()));
  if (wanted.has("scale")) {
    const dataDir = join(dir, "scale");
    const at = port();
    await measureScale(() => startApiServer(dataDir, at), Number(process.env.PODS ?? 150_000), Number(process.env.NODES ?? 5000));
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
