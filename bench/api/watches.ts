import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { request } from "node:https";
import { percentile, report, say } from "../harness/report.ts";
import { CONFIGMAP_PATH, configMapLua } from "./objects.ts";
import { type ApiServerProcess, call, cpuOf, type MeasuredServer, NAMESPACE, startFloor } from "./servers.ts";
import { usageOfProcess } from "../harness/processes.ts";
import { drive } from "./wrk.ts";

const CLIENT = new URL("watch-client.ts", import.meta.url).pathname;
const WRITES_PER_S = 20;
const FAN_OUT_S = 8;
const VALUE = "v".repeat(900);

interface WatchClient {
  /** What arrived since the last look. */
  look(): Promise<{ events: number; delivery_ms: number[] }>;
  close(): Promise<void>;
}

/** A process with `watches` open watches. @throws Error when one is refused */
async function openWatches(url: string, options: { path: string; token: string; watches: number; perSession: number }): Promise<WatchClient> {
  const env = { ...process.env, WATCH_URL: url, WATCH_PATH: options.path, WATCH_TOKEN: options.token, WATCHES: String(options.watches), WATCH_PER_SESSION: String(options.perSession) };
  const child: ChildProcess = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CLIENT], { stdio: ["pipe", "pipe", "inherit"], env });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.value !== "open") throw new Error("the watches could not be opened");
  return {
    async look() {
      child.stdin!.write("\n");
      return JSON.parse((await lines.next()).value as string);
    },
    async close() {
      const gone = once(child, "exit");
      child.stdin!.end();
      await gone;
    },
  };
}

const stamp = () => String(performance.timeOrigin + performance.now());

/** Calls `write` WRITES_PER_S times a second for FAN_OUT_S. */
async function writeSteadily(write: (index: number) => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  const total = WRITES_PER_S * FAN_OUT_S;
  for (let index = 0; index < total; index++) {
    const wait_ms = begin + (index * 1000) / WRITES_PER_S - performance.now();
    if (wait_ms > 0) await new Promise((resolve) => setTimeout(resolve, wait_ms));
    await write(index);
  }
  // What is still on its way.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return total;
}

/** 1,000 watchers of one namespace and 20 writes a second: delivery, and CPU per delivered event beside a bare TLS fan-out of the same frames. */
export async function measureFanOut(server: ApiServerProcess, port: number): Promise<void> {
  const watches = 1000;
  say(`watch: ${watches} watchers, ${WRITES_PER_S} writes a second`);
  const path = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
  const own = await fanOut(server, { path: `${path}?watch=1&resourceVersion=${await newestVersion(server)}`, token: server.token, watches }, (index) =>
    call(server.client, "POST", path, { metadata: { name: `fan-${Date.now()}-${index}` }, data: { sent: stamp(), text: VALUE } }),
  );
  const floor = await startFloor("hold", port, server);
  try {
    const frame = JSON.stringify({ type: "ADDED", object: await call(server.client, "GET", `${path}/${await anyName(server, path)}`) });
    const bare = await fanOut(floor, { path: "/", token: "", watches }, () => post(floor.url, frame.replace(/"sent":"[^"]*"/, `"sent":"${stamp()}"`)));
    const conditions = { watchers: watches, writes_per_s: WRITES_PER_S };
    report({ bench: "api", figure: "watch_delivery_p99_ms", value: own.p99_ms, unit: "ms", conditions, floor: bare.p99_ms, ratio: own.p99_ms / bare.p99_ms });
    report({ bench: "api", figure: "watch_event_cpu", value: own.cpu_us, unit: "us of CPU a delivered event", conditions, floor: bare.cpu_us, ratio: own.cpu_us / bare.cpu_us });
  } finally {
    await floor.stop();
  }
}

async function fanOut(server: MeasuredServer, options: { path: string; token: string; watches: number }, write: (index: number) => Promise<unknown>): Promise<{ p99_ms: number; cpu_us: number }> {
  const client = await openWatches(server.url, { ...options, perSession: 0 });
  try {
    await write(-1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await client.look();
    let writes = 0;
    const cpu_s = await cpuOf(server, async () => {
      writes = await writeSteadily(write);
    });
    const { events, delivery_ms } = await client.look();
    if (events !== writes * options.watches) throw new Error(`${events} of ${writes * options.watches} events arrived`);
    return { p99_ms: percentile(delivery_ms, 0.99), cpu_us: (cpu_s / events) * 1e6 };
  } finally {
    await client.close();
  }
}

async function newestVersion(server: ApiServerProcess): Promise<string> {
  const list = await call<{ metadata: { resourceVersion: string } }>(server.client, "GET", `${CONFIGMAP_PATH}?limit=1`);
  return list.metadata.resourceVersion;
}

async function anyName(server: ApiServerProcess, path: string): Promise<string> {
  const list = await call<{ items: { metadata: { name: string } }[] }>(server.client, "GET", path);
  return list.items.find((one) => one.metadata.name.startsWith("fan-"))?.metadata.name ?? "";
}

function post(url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", rejectUnauthorized: false, headers: { "content-length": Buffer.byteLength(body) } }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve());
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

const IDLE_PATH = `/api/v1/namespaces/${NAMESPACE}/secrets?watch=1`;

/** Resident KiB of an idle watch over HTTP/2, and what 10,000 of them do to writes. */
export async function measureIdleWatches(server: ApiServerProcess): Promise<void> {
  const many = 10_000;
  const writes = { path: CONFIGMAP_PATH, token: server.token, connections: 16, luaBody: configMapLua(500) };
  const createCpu = async (prefix: string): Promise<number> => {
    let requests = 0;
    const cpu_s = await cpuOf(server, async () => {
      requests = (await drive(server, { ...writes, prefix, duration_s: 6 })).requests;
    });
    return (cpu_s / requests) * 1e6;
  };
  await createCpu("warm");
  const before_us = await createCpu("before");
  say(`idle_watch_kib: ${many} over HTTP/2`);
  const before = usageOfProcess(server.pid).rss_mib;
  const client = await openWatches(server.url, { path: IDLE_PATH, token: server.token, watches: many, perSession: 100 });
  const kib = ((usageOfProcess(server.pid).rss_mib - before) * 1024) / many;
  report({ bench: "api", figure: "idle_watch_kib", value: kib, unit: "KiB", conditions: { watches: many, http: 2, watchesPerConnection: 100 } });
  const beside_us = await createCpu("beside");
  await client.close();
  // The server has seen them go.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  // Before and after, since a server becomes faster with what it has done, and a machine slower with what else it does.
  const alone_us = (before_us + (await createCpu("after"))) / 2;
  report({ bench: "api", figure: "write_beside_idle_watches", value: beside_us, unit: "us of CPU a write", conditions: { idleWatches: many }, floor: alone_us, ratio: beside_us / alone_us });
}

/** Resident KiB of an idle watch on an HTTP/1.1 connection of its own, beside a bare answer that is held open; on a server that has done nothing else. */
export async function measureIdleHttp1(server: ApiServerProcess, port: number): Promise<void> {
  const some = 2000;
  say(`idle_watch_kib: ${some} over HTTP/1.1`);
  const own = await heldKib(server, { path: IDLE_PATH, token: server.token, watches: some });
  const floor = await startFloor("hold", port, server);
  try {
    const bare = await heldKib(floor, { path: "/", token: "", watches: some });
    report({ bench: "api", figure: "idle_watch_kib", value: own, unit: "KiB", conditions: { watches: some, http: 1 }, floor: bare, ratio: own / bare });
  } finally {
    await floor.stop();
  }
}

async function heldKib(server: MeasuredServer, options: { path: string; token: string; watches: number }): Promise<number> {
  const before = usageOfProcess(server.pid).rss_mib;
  const client = await openWatches(server.url, { ...options, perSession: 0 });
  const kib = ((usageOfProcess(server.pid).rss_mib - before) * 1024) / options.watches;
  await client.close();
  return kib;
}
