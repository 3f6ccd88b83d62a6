import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreEvents, pods, type Resource } from "../../api/resources.ts";
import type { CoreEvent, Pod } from "../../api/wire.ts";
import { issueNodeClientCertificate, issueNodeServingCertificate } from "../../apiserver/auth/pki.ts";
import { startTestServer, type TestServer } from "../../apiserver/testing/test-server.ts";
import type { Client } from "../../client/client.ts";
import { createHttpClient } from "../../client/http/client.ts";
import type { Identified } from "../../client/informer.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/logger.ts";
import { systemRandom } from "../../lib/random.ts";
import { createAgent } from "../agent.ts";
import type { Agent } from "../options.ts";
import type { Mounter } from "../system/mounts.ts";
import { FakeRuntime } from "./fake-runtime.ts";

const NODE = "n1";

/** A whole agent on a fake runtime, joined to a real API server through a wire that can be cut. */
export class NodeBench {
  readonly server: TestServer;
  readonly admin: Client;
  readonly runtime = new FakeRuntime(systemClock);
  readonly dir: string;
  agent!: Agent;
  readonly #wire: Wire;
  readonly #node: Client;
  readonly #serving: { readonly certificate: string; readonly key: string };
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(server: TestServer, admin: Client, node: Client, wire: Wire, serving: { certificate: string; key: string }, dir: string) {
    this.server = server;
    this.admin = admin;
    this.dir = dir;
    this.#node = node;
    this.#wire = wire;
    this.#serving = serving;
  }

  static async start(): Promise<NodeBench> {
    const server = await startTestServer();
    const wire = await Wire.open(server.port);
    const client = await issueNodeClientCertificate(server.pki, NODE, systemClock);
    const serving = await issueNodeServingCertificate(server.pki, NODE, ["127.0.0.1"], systemClock);
    const options = { clock: systemClock };
    const admin = createHttpClient({ servers: [server.url], ca: server.ca, clientCertificate: server.admin.certificate, clientKey: server.admin.key }, options);
    const node = createHttpClient({ servers: [`https://127.0.0.1:${wire.port}`], ca: server.ca, clientCertificate: client.certificate, clientKey: client.key }, options);
    const bench = new NodeBench(server, admin, node, wire, serving, await mkdtemp(join(tmpdir(), "berth-node-")));
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } };
    await admin.create({ group: "", version: "v1", resource: "serviceaccounts", kind: "ServiceAccount", namespaced: true }, account, { namespace: "default" });
    bench.startAgent();
    return bench;
  }

  startAgent(): void {
    const mounts = new Set<string>();
    const mounter: Mounter = { tmpfs: async (target) => void mounts.add(target), bind: async () => {}, unmount: async (target) => void mounts.delete(target), below: async () => [] };
    this.agent = createAgent(
      {
        client: this.#node,
        criEndpoint: "unix:///nowhere",
        nodeName: NODE,
        nodeIp: "127.0.0.1",
        dataDir: this.dir,
        serving: { ...this.#serving, clientCa: this.server.ca },
        port: 0,
        listenAddress: "127.0.0.1",
        nodeLabels: { "example.com/rack": "r1" },
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
      },
      { cri: this.runtime.client(), mounter, withoutCgroups: true },
    );
    this.#stop = new AbortController();
    this.#running = this.agent.run(this.#stop.signal);
    this.#running.catch(() => {});
  }

  async stopAgent(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  cut(): void {
    this.#wire.cut();
  }

  mend(): void {
    this.#wire.mend();
  }

  /** Makes a pod that is bound to the node, and waits for nothing. */
  createPod(name: string, spec: object = {}, container: object = {}): Promise<Pod> {
    const body = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default" },
      spec: { nodeName: NODE, automountServiceAccountToken: false, terminationGracePeriodSeconds: 1, containers: [{ name: "c", image: "img", imagePullPolicy: "IfNotPresent", ...container }], ...spec },
    };
    return this.admin.create(pods, body as Pod, { namespace: "default" });
  }

  /** Resolves with the object once it is as wanted; undefined stands for one that is gone. */
  async until<T extends Identified>(resource: Resource<T>, namespace: string | undefined, name: string, wanted: (object: T | undefined) => boolean): Promise<T | undefined> {
    const stop = new AbortController();
    const timer = systemClock.after(30_000, () => stop.abort(new Error(`waited in vain for ${resource.resource} ${name}`)));
    try {
      const scope = { ...(namespace === undefined ? {} : { namespace }), fieldSelector: `metadata.name=${name}` };
      const list = await this.admin.list(resource, scope);
      let current = list.items[0];
      if (wanted(current)) return current;
      const version = list.metadata.resourceVersion;
      for await (const events of this.admin.watch(resource, { ...scope, ...(version === undefined ? {} : { resourceVersion: version }) }, stop.signal)) {
        for (const event of events) {
          current = event.type === "DELETED" ? undefined : event.object;
          if (wanted(current)) return current;
        }
      }
      throw new Error(`waited in vain for ${resource.resource} ${name}: ${JSON.stringify((current as { status?: unknown } | undefined)?.status)}`);
    } finally {
      timer.cancel();
      stop.abort();
    }
  }

  pod(name: string, wanted: (pod: Pod | undefined) => boolean): Promise<Pod | undefined> {
    return this.until(pods, "default", name, wanted);
  }

  /** The messages of a pod's events once there is one of this reason. */
  async eventsOf(name: string, reason: string): Promise<string[]> {
    for (;;) {
      const { items } = await this.admin.list(coreEvents, { namespace: "default" });
      const own = (items as CoreEvent[]).filter((event) => event.involvedObject.name === name);
      if (own.some((event) => event.reason === reason)) return own.map((event) => `${event.reason}: ${event.message}`);
    }
  }

  async stop(): Promise<void> {
    await this.stopAgent();
    this.#node.close();
    this.admin.close();
    await this.#wire.close();
    await this.server.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A TCP proxy in front of the API server: what an outage of the network looks like to the agent. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(target: number) {
    this.#server = createServer((socket) => {
      if (this.#isCut) return void socket.destroy();
      const upstream = connect({ host: "127.0.0.1", port: target });
      for (const [one, other] of [[socket, upstream], [upstream, socket]] as const) {
        this.#sockets.add(one);
        one.on("error", () => other.destroy());
        one.once("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  static async open(target: number): Promise<Wire> {
    const wire = new Wire(target);
    await new Promise<void>((resolve) => wire.#server.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
