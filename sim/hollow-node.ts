import { leases, nodes, pods } from "../api/resources.ts";
import type { Node, Pod } from "../api/wire.ts";
import { type Client, isReason } from "../client/client.ts";
import { type Informer, keyOf } from "../client/informer.ts";
import { createInformer } from "../client/shared-informer.ts";
import { type Clock, rfc3339, rfc3339Micro } from "../lib/clock.ts";
import { type Logger, silentLogger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";

/** What becomes of a pod on a hollow node. */
export interface HollowBehaviour {
  /** Milliseconds from binding to Running and Ready; undefined: it never starts. */
  readonly ready_ms?: number | undefined;
  /** Milliseconds from Running to the end; undefined: it runs for ever. */
  readonly end_ms?: number | undefined;
  readonly exitCode?: number;
  /** Milliseconds from the deletion request to the end. */
  readonly stop_ms?: number;
}

export interface HollowNodesOptions {
  /** May write nodes, leases and pods. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  readonly names: readonly string[];
  readonly capacity?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Nodes renew their Leases this often; 10 s. */
  readonly heartbeat_ms?: number;
  /** Bind pods that have no node, in turn, to the nodes that are not frozen: where no scheduler runs. */
  readonly bind?: boolean;
  behaviour?(pod: Pod): HollowBehaviour;
}

const DEFAULT_BEHAVIOUR: HollowBehaviour = { ready_ms: 10, stop_ms: 10 };
const CAPACITY = { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" };

/**
 * Nodes with an agent but no containers: they register, keep their Leases, and play what a kubelet says about pods. For tests and the simulator.
 */
export class HollowNodes {
  readonly #options: HollowNodesOptions;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #pods: Informer<Pod>;
  readonly #frozen = new Set<string>();
  /** Uid → what is to be done next with a pod. */
  readonly #timers = new Map<string, { stage: string; cancel(): void }>();
  #addresses = 0;
  #turn = 0;
  #signal: AbortSignal = new AbortController().signal;

  constructor(options: HollowNodesOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#client = options.client;
    this.#pods = createInformer({ client: options.client, resource: pods, clock: options.clock, random: options.random, logger: options.logger ?? silentLogger });
    this.#pods.addHandler({
      add: (pod) => this.#onPod(pod),
      update: (pod) => this.#onPod(pod),
      delete: (pod) => this.#forget(pod.metadata.uid ?? ""),
    });
  }

  /** Registers the nodes and plays until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await Promise.all(this.#options.names.map((name) => this.#register(name)));
    const beats = this.#options.names.map((name) => this.#beat(name, signal));
    await this.#pods.run(signal);
    for (const uid of [...this.#timers.keys()]) this.#forget(uid);
    await Promise.all(beats);
  }

  /** From now on the node says and does nothing. */
  freeze(name: string): void {
    this.#frozen.add(name);
  }

  thaw(name: string): void {
    this.#frozen.delete(name);
    for (const pod of this.#pods.list()) if (pod.spec?.nodeName === name) this.#onPod(pod);
  }

  async #register(name: string): Promise<void> {
    const now = rfc3339(this.#clock.now_ms());
    const capacity = { ...CAPACITY, ...this.#options.capacity };
    const conditions = readyConditions(now);
    const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", ...this.#options.labels } } };
    const created = await this.#client.create(nodes, node).catch(async (error: unknown) => {
      if (isReason(error, "AlreadyExists")) return this.#client.get(nodes, { name });
      throw error;
    });
    await this.#client.patch(nodes, { name: created.metadata.name ?? name }, "strategic", { status: { capacity, allocatable: capacity, conditions } }, { subresource: "status" });
  }

  async #beat(name: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#frozen.has(name)) await this.#renew(name).catch(() => undefined);
      await this.#clock.sleep(this.#options.heartbeat_ms ?? 10_000, signal).catch(() => undefined);
    }
  }

  async #renew(name: string): Promise<void> {
    const key = { namespace: "kube-node-lease", name };
    const renewTime = rfc3339Micro(this.#clock.now_ms());
    try {
      await this.#client.patch(leases, key, "merge", { spec: { renewTime } });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      await this.#client.create(leases, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: key, spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime } });
    }
    const node = await this.#client.get(nodes, { name });
    if (node.status?.conditions?.every((condition) => condition.status !== "Unknown")) return;
    await this.#client.patch(nodes, { name }, "strategic", { status: { conditions: readyConditions(rfc3339(this.#clock.now_ms())) } }, { subresource: "status" });
  }

  #onPod(pod: Pod): void {
    const { nodeName } = pod.spec ?? {};
    if (!nodeName) {
      if (this.#options.bind && pod.metadata.deletionTimestamp === undefined) this.#plan(pod, "bind", 0, () => this.#bind(pod));
      return;
    }
    if (!this.#options.names.includes(nodeName) || this.#frozen.has(nodeName)) return;
    const behaviour = this.#options.behaviour?.(pod) ?? DEFAULT_BEHAVIOUR;
    const phase = pod.status?.phase ?? "Pending";
    if (pod.metadata.deletionTimestamp !== undefined) this.#plan(pod, "stop", behaviour.stop_ms ?? 0, () => this.#remove(pod));
    else if (phase === "Pending" && behaviour.ready_ms !== undefined) this.#plan(pod, "start", behaviour.ready_ms, () => this.#start(pod));
    else if (phase === "Running" && behaviour.end_ms !== undefined) this.#plan(pod, "end", behaviour.end_ms, () => this.#end(pod, behaviour.exitCode ?? 0));
  }

  /** Does the pod's next thing after a while, once; a later stage replaces an earlier one. */
  #plan(pod: Pod, stage: string, delay_ms: number, act: () => Promise<unknown>): void {
    const uid = pod.metadata.uid ?? "";
    const planned = this.#timers.get(uid);
    if (planned?.stage === stage || this.#signal.aborted) return;
    planned?.cancel();
    const timer = this.#clock.after(delay_ms, () => {
      const frozen = this.#frozen.has(pod.spec?.nodeName ?? "");
      if (this.#signal.aborted || frozen) return void this.#timers.delete(uid);
      act().catch((error: unknown) => {
        this.#timers.delete(uid);
        if (isReason(error, "NotFound") || this.#signal.aborted) return;
        const current = this.#pods.get(keyOf(pod));
        if (current !== undefined) this.#clock.after(100, () => this.#onPod(current));
      });
    });
    this.#timers.set(uid, { stage, cancel: () => timer.cancel() });
  }

  #forget(uid: string): void {
    this.#timers.get(uid)?.cancel();
    this.#timers.delete(uid);
  }

  async #bind(pod: Pod): Promise<void> {
    const { namespace, name = "" } = pod.metadata;
    const awake = this.#options.names.filter((candidate) => !this.#frozen.has(candidate));
    const target = nodeByAffinity(pod) ?? awake[this.#turn++ % awake.length];
    if (target === undefined) throw new Error("all nodes are frozen");
    await this.#client.createSubresource(pods, { namespace, name }, "binding", { apiVersion: "v1", kind: "Binding", metadata: { name, namespace }, target: { apiVersion: "v1", kind: "Node", name: target } });
  }

  #start(pod: Pod): Promise<unknown> {
    const now = rfc3339(this.#clock.now_ms());
    const address = this.#addresses++;
    const podIP = `10.254.${(address >> 8) & 255}.${address & 255}`;
    return this.#patchStatus(pod, {
      phase: "Running",
      startTime: now,
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: ["Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True", lastTransitionTime: now })),
      containerStatuses: containerStatuses(pod, { running: { startedAt: now } }, true),
    });
  }

  #end(pod: Pod, exitCode: number): Promise<unknown> {
    const now = rfc3339(this.#clock.now_ms());
    return this.#patchStatus(pod, {
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      conditions: ["ContainersReady", "Ready"].map((type) => ({ type, status: "False", reason: "PodCompleted", lastTransitionTime: now })),
      containerStatuses: containerStatuses(pod, { terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", finishedAt: now } }, false),
    });
  }

  #patchStatus(pod: Pod, status: Record<string, unknown>): Promise<unknown> {
    const { namespace, name = "", uid } = pod.metadata;
    return this.#client.patch(pods, { namespace, name }, "strategic", { metadata: { uid }, status }, { subresource: "status" });
  }

  #remove(pod: Pod): Promise<unknown> {
    const { namespace, name = "", uid } = pod.metadata;
    return this.#client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) });
  }
}

/** The node that a daemon's pod asks for by name. */
function nodeByAffinity(pod: Pod): string | undefined {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === "metadata.name")?.values?.[0];
}

function readyConditions(now: string): Record<string, string>[] {
  const healthy = ["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => ({ type, status: "False", reason: "Kubelet", message: "", lastHeartbeatTime: now, lastTransitionTime: now }));
  return [...healthy, { type: "Ready", status: "True", reason: "KubeletReady", message: "", lastHeartbeatTime: now, lastTransitionTime: now }];
}

function containerStatuses(pod: Pod, state: Record<string, unknown>, ready: boolean): Record<string, unknown>[] {
  return (pod.spec?.containers ?? []).map(({ name, image = "" }) => ({ name, image, imageID: image, ready, started: ready, restartCount: 0, state }));
}
