import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ApiError, type Client } from "../../client/client.ts";
import { namespaces } from "../../api/resources.ts";
import { openSession } from "../../cli/api/session.ts";
import { BERTH } from "../../e2e/harness/cluster.ts";
import { type HostProcess, startOnHost } from "../../e2e/harness/host-process.ts";
import { until } from "../../e2e/harness/objects.ts";
import { runOk } from "../../e2e/harness/run.ts";
import { usageOfProcess } from "../harness/processes.ts";

/** Namespace of everything that the benches make. */
export const NAMESPACE = "bench";

/** A process on loopback that is measured. */
export interface MeasuredServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Berth's API server alone, over TLS, with all admission on. */
export interface ApiServerProcess extends MeasuredServer {
  readonly client: Client;
  /** A cluster-admin's ServiceAccount token: load generators know nothing of client certificates. */
  readonly token: string;
  readonly dataDir: string;
  readonly start_ms: number;
}

export async function startApiServer(dataDir: string, port: number, etcd: readonly string[] = []): Promise<ApiServerProcess> {
  mkdirSync(dataDir, { recursive: true });
  const url = `https://127.0.0.1:${port}`;
  const begin = performance.now();
  const server = startOnHost(undefined, "apiserver", [BERTH, "apiserver", "--data-dir", dataDir, "--listen", `127.0.0.1:${port}`, ...(etcd.length > 0 ? ["--etcd", etcd.join(",")] : [])], { logFile: join(dataDir, "apiserver.log") });
  try {
    const kubeconfig = await until("the keys", async () => (await runOk(undefined, [BERTH, "kubeconfig", "--data-dir", dataDir, "--server", url])).trim(), () => true);
    const { client } = await openSession({ kubeconfig, env: {} });
    await until("the server is ready", () => client.list(namespaces), () => true);
    const start_ms = performance.now() - begin;
    return { url, pid: server.pid, client, token: await adminToken(client), dataDir, start_ms, stop: () => stopServer(server, client) };
  } catch (error) {
    await server.stop();
    throw new Error(`the API server did not start: ${server.log()}`, { cause: error });
  }
}

async function stopServer(server: HostProcess, client: Client): Promise<void> {
  client.close();
  await server.stop();
}

/** The JSON that the server answers. @throws ApiError for a refusal */
export async function call<T>(client: Client, method: string, path: string, body?: unknown, contentType = "application/json"): Promise<T> {
  const answer = await client.request({ method, path, ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)), headers: { "content-type": contentType } }) });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.chunks) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
}

async function adminToken(client: Client): Promise<string> {
  const make = (path: string, body: unknown) =>
    call(client, "POST", path, body).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.status.code !== 409) throw error;
    });
  await make("/api/v1/namespaces", { metadata: { name: NAMESPACE } });
  // No controllers run here: what they would make, pods need.
  for (const name of ["default", "load"]) await make(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name } });
  await make("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "bench-load" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: "load", namespace: NAMESPACE }],
  });
  const request = await call<{ status: { token: string } }>(client, "POST", `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/load/token`, { spec: { expirationSeconds: 7200 } });
  return request.status.token;
}

/** What a floor does with its requests; see floor-server.ts. */
export type FloorMode = "bytes" | "chunks" | "create" | "hold";

/** A bare `node:https` server with the same Node flags. */
export async function startFloor(mode: FloorMode, port: number, of: { dataDir: string }, options: { bodyFile?: string; etcd?: readonly string[] } = {}): Promise<MeasuredServer> {
  const dir = join(of.dataDir, `floor-${mode}-${port}`);
  mkdirSync(dir, { recursive: true });
  await runOk(undefined, ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=floor", "-keyout", join(dir, "key.pem"), "-out", join(dir, "cert.pem")]);
  const server = startOnHost(undefined, `floor ${mode}`, [process.execPath, "--max-semi-space-size=16", "--disable-warning=ExperimentalWarning", new URL("floor-server.ts", import.meta.url).pathname], {
    logFile: join(dir, "log"),
    env: { FLOOR_MODE: mode, FLOOR_PORT: String(port), FLOOR_DIR: dir, FLOOR_BODY: options.bodyFile ?? "", FLOOR_ETCD: (options.etcd ?? []).join(",") },
  });
  await until(`the floor '${mode}' listens`, async () => readFileSync(join(dir, "log"), "utf8"), (text) => {
    if (!server.running()) throw new Error(`the floor '${mode}' ended: ${text}`);
    return text.includes("listening");
  });
  return {
    url: `https://127.0.0.1:${port}`,
    pid: server.pid,
    async stop() {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** User and system CPU seconds that `work` costs the server, workers included. */
export async function cpuOf(server: MeasuredServer, work: () => Promise<void>): Promise<number> {
  const before = usageOfProcess(server.pid).cpu_s;
  await work();
  return usageOfProcess(server.pid).cpu_s - before;
}
