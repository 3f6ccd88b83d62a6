import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { ConfigMap, Container, Pod, PodSpec, PodStatus, Secret } from "../../api/wire.ts";
import type { Client, DeleteOptions } from "../../client/client.ts";
import type { EventText } from "../../client/event-recorder.ts";
import { silentLogger } from "../../lib/logger.ts";
import { seededRandom } from "../../lib/random.ts";
import { VirtualClock } from "../../lib/virtual-clock.ts";
import { noCgroups } from "../cgroup/hierarchy.ts";
import { lastWords } from "../log/last-words.ts";
import { NotFoundError } from "../pod/config/environment.ts";
import { CONTAINER_NAME, MESSAGE_POLICY, RESTART_COUNT } from "../pod/config/labels.ts";
import { ImageBackoffs } from "../pod/image-backoffs.ts";
import type { NodeContext } from "../pod/node-context.ts";
import { containerLogName, nodePaths, podLogDir, terminationLogPath } from "../pod/paths.ts";
import { PodWorker } from "../pod/worker.ts";
import type { ProbeResult } from "../probe/outcome.ts";
import type { Prober, ProbeTarget } from "../probe/prober.ts";
import { checkpointOf } from "../status/checkpoint.ts";
import { RuntimeView } from "../sync/runtime-view.ts";
import { RuntimeWatcher } from "../sync/runtime-watcher.ts";
import type { Mounter } from "../system/mounts.ts";
import { VolumeManager } from "../volume/volume-manager.ts";
import { FakeRuntime } from "./fake-runtime.ts";

/** Rounds of the event loop before something that should happen counts as not happening. */
const MAX_ROUNDS = 100_000;
/** Steps of file access that a chain of tasks may take one after another. */
const SETTLE_ROUNDS = 40;

export interface Deleted {
  readonly name: string;
  readonly options: DeleteOptions | undefined;
}

/** One pod on a fake runtime and virtual time: what it writes, records and calls is kept for the test to look at. */
export class PodBench {
  readonly clock = new VirtualClock();
  readonly runtime = new FakeRuntime(this.clock);
  readonly statuses: PodStatus[] = [];
  readonly events: EventText[] = [];
  readonly deleted: Deleted[] = [];
  readonly mounts = new Set<string>();
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  /** Handlers by the name of the RuntimeClass. */
  readonly runtimeClasses = new Map<string, string>();
  /** What a probe finds. */
  probe: (target: ProbeTarget, kind: string) => ProbeResult = () => ({ type: "success", output: "" });
  refuseResize: NodeContext["refuseResize"] = () => undefined;
  canMountRecursivelyReadOnly = true;
  networkProblem: string | undefined;
  isGone = false;
  pod: Pod;
  worker!: PodWorker;
  readonly context: NodeContext;
  readonly dir: string;
  readonly #view: RuntimeView;
  readonly #stop = new AbortController();
  readonly #watching: Promise<void>;

  private constructor(dir: string, pod: Pod) {
    this.dir = dir;
    this.pod = pod;
    this.#view = new RuntimeView((uid) => {
      if (uid === this.pod.metadata.uid && this.worker !== undefined && !this.isGone) this.worker.observe();
    });
    this.context = this.#makeContext();
    this.#watching = this.context.watcher.run(this.#stop.signal);
  }

  static async start(pod: Pod, prepare: (bench: PodBench) => void = () => {}): Promise<PodBench> {
    const bench = new PodBench(await mkdtemp(join(tmpdir(), "berth-pod-")), pod);
    prepare(bench);
    bench.startWorker();
    return bench;
  }

  /** A worker for the pod, as after a start of the agent; an earlier one is let go. */
  startWorker(): void {
    this.worker = new PodWorker(this.context, this.pod, () => {
      this.isGone = true;
    });
    this.worker.start();
  }

  async restartAgent(): Promise<void> {
    await this.worker.close();
    this.startWorker();
  }

  /** A newer object from the API server. */
  update(change: Partial<Pod> & { readonly metadata?: Partial<Pod["metadata"]> }): void {
    this.pod = { ...this.pod, ...change, metadata: { ...this.pod.metadata, generation: (this.pod.metadata.generation ?? 1) + 1, ...change.metadata } };
    this.worker.update(this.pod);
  }

  /** As the API server marks a pod that is to be deleted. */
  delete(grace_s = this.pod.spec?.terminationGracePeriodSeconds ?? 30): void {
    this.update({ metadata: { deletionTimestamp: new Date(this.clock.now_ms() + grace_s * 1000).toISOString(), deletionGracePeriodSeconds: grace_s } });
  }

  /** Waits, without time passing, until it holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (holds()) return;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    throw new Error(`waited in vain for: ${what}. Last: ${this.path.at(-1)}. Events: ${this.events.map((event) => `${event.reason} ${event.message}`).join(" | ")}`);
  }

  /** Asserts that the pod comes to this state without time passing. */
  async reaches(t: Pick<ExecutionContext, "is">, point: string): Promise<void> {
    await this.until(point, () => this.path.at(-1) === point).catch(() => {});
    t.is(this.path.at(-1), point);
  }

  /** Lets all that is due now happen. File access goes through a queue: what was asked for before ours is done when ours is. */
  async settle(): Promise<void> {
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      await stat(this.dir);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  /** Time passes in steps, so that what takes real time (files) keeps up. */
  async advance(duration_ms: number): Promise<void> {
    const step_ms = Math.max(100, duration_ms / 50);
    for (let left_ms = duration_ms; left_ms > 0; left_ms -= step_ms) {
      await this.clock.advance(Math.min(step_ms, left_ms));
      await this.settle();
    }
  }

  get last(): PodStatus | undefined {
    return this.statuses.at(-1);
  }

  /** Distinct states in their order: `Phase | c=running ready started r0`. */
  get path(): string[] {
    const out: string[] = [];
    for (const status of this.statuses) {
      const text = describe(status);
      if (out.at(-1) !== text) out.push(text);
    }
    return out;
  }

  get reasons(): string[] {
    return this.events.map((event) => event.reason);
  }

  async close(): Promise<void> {
    await this.worker.close();
    this.#stop.abort();
    await this.#watching;
    await rm(this.dir, { recursive: true, force: true });
  }

  #makeContext(): NodeContext {
    const paths = nodePaths(this.dir);
    const { clock, runtime } = this;
    const cri = runtime.client();
    const random = seededRandom(1);
    const references: NodeContext["references"] = {
      configMap: async (_namespace, name) => this.configMaps.get(name) ?? fail(`configmap "${name}" not found`),
      secret: async (_namespace, name) => this.secrets.get(name) ?? fail(`secret "${name}" not found`),
      services: async () => [],
      volumeFile: (pod, volume, path) => volumes.readFile(pod, volume, path),
    };
    const mounter: Mounter = {
      tmpfs: async (target) => void this.mounts.add(target),
      bind: async (_source, target) => void this.mounts.add(target),
      unmount: async (target) => void this.mounts.delete(target),
      below: async (folder) => [...this.mounts].filter((point) => point === folder || point.startsWith(`${folder}/`)),
    };
    const tokens = { get: async () => "token", renewAt: () => undefined, forget: () => {} };
    const volumes = new VolumeManager({ paths, mounter, source: references, tokens: tokens as never, allocatable: () => ({}), clock });
    const watcher = new RuntimeWatcher({
      cri,
      view: this.#view,
      nodeName: "n1",
      clock,
      random,
      logger: silentLogger,
      reportUser: () => false,
      lastWords: (identity, status) =>
        lastWords({
          messageFile: terminationLogPath(paths, identity.uid, status.labels[CONTAINER_NAME] ?? "", Number(status.annotations[RESTART_COUNT])),
          logFile: join(podLogDir(paths, this.pod), containerLogName(status.labels[CONTAINER_NAME] ?? "", Number(status.annotations[RESTART_COUNT]))),
          mayUseLog: status.annotations[MESSAGE_POLICY] === "FallbackToLogsOnError" && status.exitCode !== 0,
        }),
    });
    const prober: Prober = async (probe, target) => this.probe(target, Object.keys(target.container).find((key) => (target.container as unknown as Record<string, unknown>)[key] === probe) ?? "");
    return {
      nodeName: "n1",
      nodeIps: ["192.0.2.1"],
      paths,
      cgroupRoot: "/berth",
      client: {
        delete: async (_resource: unknown, key: { name: string }, options?: DeleteOptions) => void this.deleted.push({ name: key.name, options }),
        get: async (_resource: unknown, key: { name: string }) => ({ handler: this.runtimeClasses.get(key.name) ?? fail(`runtimeclasses.node.k8s.io "${key.name}" not found`) }),
      } as unknown as Client,
      cri,
      view: this.#view,
      watcher,
      volumes,
      references,
      mounter,
      cgroups: noCgroups,
      imageBackoffs: new ImageBackoffs(),
      prober,
      statuses: { set: (_pod, status) => void this.statuses.push(status), drained: async () => true, forget: () => {}, observe: () => {} },
      recorder: { event: (_object, event) => void this.events.push(event), flush: async () => {} },
      dns: () => ({ servers: ["10.96.0.10"], domain: "cluster.local", node: { servers: [], searches: [], options: [] } }),
      allocatable: () => ({ cpu: "4", memory: "8Gi" }),
      memory_bytes: 8 * 1024 ** 3,
      runtimeName: () => "fake",
      canMountRecursivelyReadOnly: () => this.canMountRecursivelyReadOnly,
      networkProblem: () => this.networkProblem,
      refuseResize: (pod) => this.refuseResize(pod),
      nodeHosts: async () => "127.0.0.1 localhost\n",
      clock,
      random,
      logger: silentLogger,
    };
  }
}

function fail(message: string): never {
  throw new NotFoundError(message);
}

export function describe(status: PodStatus): string {
  const [phase, reason, , containers] = JSON.parse(checkpointOf(status)) as [string, string | null, unknown, string[]];
  const short = containers.map((text) => {
    const [name, state = "", ready, started, restarts] = text.split(" ");
    return `${name}=${state.replace("/", "(").replace(/(\/\d+)?$/, (code) => (state.includes("/") ? `${code.replace("/", " ")})` : ""))}${ready === "true" ? " ready" : ""}${started === "true" ? " started" : ""} r${restarts}`;
  });
  return [`${phase}${reason === null ? "" : `(${reason})`}`, ...short].join(" | ");
}

let uids = 0;

/** A pod of one container `c`, unless `spec` says otherwise. */
export function podOf(spec: Partial<PodSpec> = {}, container: Partial<Container> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns", uid: `uid-${++uids}`, generation: 1, labels: {} },
    spec: { restartPolicy: "Always", terminationGracePeriodSeconds: 30, containers: [containerOf("c", container)], ...spec },
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "True" }] },
  };
}

export function containerOf(name: string, extra: Partial<Container> = {}): Container {
  return { name, image: "img", imagePullPolicy: "IfNotPresent", ...extra };
}

/** The value of a condition. */
export function conditionOf(status: PodStatus | undefined, type: string): string | undefined {
  const found = status?.conditions?.find((condition) => condition.type === type);
  return found === undefined ? undefined : `${found.status}${found.reason === undefined ? "" : `(${found.reason})`}`;
}
