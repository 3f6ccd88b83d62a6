import { existsSync, mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createCriClient } from "../../agent/cri/channel.ts";
import { loadPki } from "../../apiserver/auth/pki.ts";
import { type Client, ConnectionError } from "../../client/client.ts";
import { deployments, nodes, pods } from "../../api/resources.ts";
import type { Deployment, Node } from "../../api/wire.ts";
import { systemClock } from "../../lib/clock.ts";
import { systemRandom } from "../../lib/random.ts";
import { readManifests } from "../api/manifests.ts";
import { openSession, type Session } from "../api/session.ts";
import { writeAdminKubeconfig, writeNodeKubeconfig } from "../kubeconfig.ts";
import { type OptionValues, parseHostPort } from "../options.ts";
import { createProgress, type Progress } from "../output/progress.ts";
import { readSchedulerConfiguration } from "../processes/scheduler-configuration.ts";
import { UserError } from "../user-error.ts";
import { apply } from "../verbs/apply.ts";
import { rolloutStatus } from "../verbs/rollout.ts";
import { type ClusterRecord, type ComponentName, readRunningCluster, writeRecord } from "./cluster-record.ts";
import { ensureHelloImage } from "./hello-image.ts";
import { CHECKOUT, cgroupRoot, layoutOf } from "./layout.ts";
import { lockMachine } from "./machine-lock.ts";
import { preflight, requireRoot } from "./preflight.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import { startSupervised } from "./supervisor.ts";

export type UpValues = OptionValues<"data-dir" | "listen" | "agent-port" | "cluster-cidr" | "scheduler-config" | "no-hello"> & { readonly hello: boolean };

const NODE_IP = "127.0.0.1";
const READY_TIMEOUT_MS = 60_000;
const HELLO_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

/** `berth up`: starts the cluster of this machine (or finds it running), runs hello in it, and says what to do next. */
export async function up(values: UpValues): Promise<void> {
  const dataDir = values["data-dir"] ?? "";
  const progress = createProgress(process.stderr, () => systemClock.now_ms());
  requireRoot();
  const unlock = lockMachine();
  let record: ClusterRecord;
  try {
    record = findOwn(dataDir, progress) ?? (await start(values, dataDir, progress));
  } finally {
    unlock();
  }
  const layout = layoutOf(dataDir);
  const session = await openSession({ kubeconfig: join(dataDir, "kubeconfig", "admin.yaml"), env: {} });
  try {
    const nodeName = nodeNameOfMachine();
    await progress.step(`waiting for node ${nodeName}`, () => waitForNode(session.client, nodeName, layout.logFile("server")));
    if (values.hello) await runHello(session, dataDir, progress);
  } finally {
    session.close();
  }
  sayNext(record, progress, values.hello);
}

/** The cluster of this data folder, when it runs already. @throws UserError beside another one */
function findOwn(dataDir: string, progress: Progress): ClusterRecord | undefined {
  const running = readRunningCluster();
  if (running === undefined) return undefined;
  if (running.checkout !== CHECKOUT)
    throw new UserError(`a cluster of another checkout runs on this machine: ${running.checkout}, data in ${running.dataDir}. Nothing was changed. Stop that one first: ${running.checkout}/bin/berth down`);
  if (running.dataDir !== dataDir) throw new UserError(`a cluster runs on this machine with its data in ${running.dataDir}. Nothing was changed. Stop that one first: BERTH_DATA_DIR=${running.dataDir} make down`);
  progress.say(`The cluster runs already (data in ${dataDir}).`);
  return running;
}

async function start(values: UpValues, dataDir: string, progress: Progress): Promise<ClusterRecord> {
  const listen = parseHostPort("listen", values.listen ?? "");
  const agentPort = Number(values["agent-port"]);
  const schedulerConfig = values["scheduler-config"];
  // What is wrong with it is said here, not in the server's log.
  await readSchedulerConfiguration(schedulerConfig);
  await preflight({ dataDir, listen, agentPort, path: process.env.PATH ?? "" });
  const layout = layoutOf(dataDir);
  const server = `https://${listen.host === "0.0.0.0" ? NODE_IP : listen.host}:${listen.port}`;
  return progress.step(existsSync(layout.pkiDir) ? `starting the cluster from ${dataDir}` : `making a cluster in ${dataDir}`, async () => {
    for (const dir of [layout.runDir, dirname(layout.logFile("server"))]) mkdirSync(dir, { recursive: true, mode: 0o750 });
    const pki = await loadPki({ dir: layout.pkiDir, clock: systemClock, random: systemRandom });
    const node = nodeNameOfMachine();
    const [, nodeKubeconfig] = await Promise.all([writeAdminKubeconfig(pki, dataDir, [server]), writeNodeKubeconfig(pki, dataDir, [server], node, NODE_IP)]);
    const run = (component: ComponentName, options: readonly string[]): ProcessIdentity =>
      startSupervised({
        command: [join(CHECKOUT, "bin/berth"), component, "--data-dir", dataDir, "--log-file", layout.logFile(component), ...options],
        pidFile: layout.pidFile(component),
        logFile: layout.crashFile(component),
        env: { ...process.env, BERTH_DATA_DIR: undefined },
      });
    const record: ClusterRecord = {
      checkout: CHECKOUT,
      dataDir,
      server,
      supervisors: {
        server: run("server", ["--listen", `${listen.host}:${listen.port}`, "--cluster-cidr", values["cluster-cidr"] ?? "", ...(schedulerConfig === undefined ? [] : ["--scheduler-config", resolve(schedulerConfig)])]),
        shim: run("shim", ["--listen", layout.shimEndpoint, "--run-dir", layout.shimRunDir]),
        agent: run("agent", ["--kubeconfig", nodeKubeconfig, "--node-name", node, "--node-ip", NODE_IP, "--port", String(agentPort), "--cri-endpoint", layout.shimEndpoint, "--cgroup-root", cgroupRoot(dataDir)]),
      },
    };
    writeRecord(record);
    return record;
  });
}

/** The machine's name as a Node name (RFC 1123). */
function nodeNameOfMachine(): string {
  return hostname().toLowerCase().replace(/[^a-z0-9.-]/g, "-").replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "") || "node";
}

/** Resolves when the node is Ready; the server itself may still be starting. */
async function waitForNode(client: Client, name: string, logFile: string): Promise<void> {
  const isReady = (node: Node) => node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
  const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
  while (!deadline.aborted) {
    try {
      const list = await client.list(nodes, { fieldSelector: `metadata.name=${name}` });
      if (list.items.some(isReady)) return;
      for await (const batch of client.watch(nodes, { fieldSelector: `metadata.name=${name}`, resourceVersion: list.metadata.resourceVersion ?? "" }, deadline))
        if (batch.some((event) => event.type !== "BOOKMARK" && isReady(event.object))) return;
    } catch (error) {
      // The server is not listening yet; there is no event for that.
      if (!(error instanceof ConnectionError)) throw error;
      await systemClock.sleep(POLL_MS);
    }
  }
  throw new UserError(`node ${name} did not become ready in ${READY_TIMEOUT_MS / 1000} s. The logs tell why: ${dirname(logFile)}`);
}

async function runHello(session: Session, dataDir: string, progress: Progress): Promise<void> {
  await ensureHelloImage(dataDir, progress);
  const manifests = readManifests([join(CHECKOUT, "manifests/examples/hello.yaml")], false, () => "");
  await progress.step("waiting for hello, three pods", async () => {
    await apply(session, manifests, { dryRun: false, namespaceGiven: false, say: () => undefined });
    const deadline = AbortSignal.timeout(HELLO_TIMEOUT_MS);
    await waitForRollout(session.client, deadline);
    // What a stopped cluster has stored still says that all is well.
    while (!(await helloRuns(session.client, dataDir))) {
      if (deadline.aborted) throw notAvailable();
      await systemClock.sleep(POLL_MS);
      await waitForRollout(session.client, deadline);
    }
  });
}

/** Whether the containers that hello's pods on this machine name as ready are those that its runtime has running. */
async function helloRuns(client: Client, dataDir: string): Promise<boolean> {
  const { items } = await client.list(pods, { namespace: "default", labelSelector: "app=hello", fieldSelector: `spec.nodeName=${nodeNameOfMachine()}` });
  const named = items.filter((pod) => pod.metadata.deletionTimestamp === undefined).flatMap((pod) => pod.status?.containerStatuses ?? []);
  const cri = createCriClient(layoutOf(dataDir).shimEndpoint, systemClock);
  try {
    const { containers } = await cri.runtime.ListContainers({ filter: { state: { state: "CONTAINER_RUNNING" } } });
    const running = new Set(containers.map((container) => container.id));
    return named.every((status) => status.ready && running.has((status.containerID ?? "").replace(/^[^:]*:\/\//, "")));
  } finally {
    cri.close();
  }
}

function notAvailable(): UserError {
  return new UserError(`hello did not become available in ${HELLO_TIMEOUT_MS / 1000} s. Look at it: bin/berth describe pods`);
}

async function waitForRollout(client: Client, deadline: AbortSignal): Promise<void> {
  const key = { namespace: "default", name: "hello" };
  while (!deadline.aborted) {
    const deployment = await client.get(deployments, key);
    if (rolloutStatus(deployment).done) return;
    const options = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}`, resourceVersion: deployment.metadata.resourceVersion ?? "" };
    for await (const batch of client.watch<Deployment>(deployments, options, deadline)) if (batch.some((event) => event.type !== "BOOKMARK" && rolloutStatus(event.object).done)) return;
  }
  throw notAvailable();
}

function sayNext(record: ClusterRecord, progress: Progress, hello: boolean): void {
  const berth = "bin/berth";
  progress.say("");
  progress.say(`The cluster runs: ${record.server}`);
  progress.say(`  ${berth} get nodes,pods -o wide             what there is`);
  progress.say(`  export KUBECONFIG=$(${berth} kubeconfig)    for kubectl, helm and others`);
  progress.say("  make down                                stops it");
  if (hello) progress.say(`Look at hello (the page is then at http://127.0.0.1:8080):\n  ${berth} port-forward deploy/hello 8080:80`);
}
