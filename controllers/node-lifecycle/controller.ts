import { leases, nodes, pods } from "../../api/resources.ts";
import type { Lease, Node, Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, NODE_INDEX } from "../../client/informer.ts";
import { byNode } from "../../client/shared-informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { isPodReady, isPodTerminal } from "../shared/pods.ts";
import { type Heartbeat, nodeCondition, observe, silentConditions } from "./health.ts";
import { isEvictionSettled, noExecuteKey, wantedTaints } from "./taints.ts";
import { DEFAULT_EVICTION, EvictionLimiter, type EvictionOptions, evictionRate, isEverythingDown, type ZoneHealth, zoneOf, zoneStates } from "./zones.ts";

const LEASE_NAMESPACE = "kube-node-lease";
const CONCURRENCY = 8;
/** How soon a zone that evicts nothing for now is looked at again, if no event comes first. */
const DISRUPTED_RETRY_MS = 5000;

export interface NodeLifecycleOptions {
  /** Silence after which a node counts as gone; 40 s. */
  readonly monitorGracePeriod_ms?: number;
  /** The same for a node that has never posted a status; 60 s. */
  readonly startupGracePeriod_ms?: number;
  readonly eviction?: Partial<EvictionOptions>;
}

/** Watches the nodes' heartbeats; a silent node becomes Unknown, its pods not ready; conditions become taints. */
export class NodeLifecycleController implements Controller {
  readonly name = "node-controller";
  readonly #context: ControllerContext;
  readonly #grace: { monitor_ms: number; startup_ms: number };
  readonly #eviction: EvictionOptions;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #loop: ReconcileLoop;
  readonly #heartbeats = new Map<string, Heartbeat>();
  readonly #limiters = new Map<string, EvictionLimiter>();
  /** Computed when first needed after a node changed. */
  #zones: ReadonlyMap<string, ZoneHealth> | undefined;

  constructor(context: ControllerContext, options: NodeLifecycleOptions = {}) {
    this.#context = context;
    this.#grace = { monitor_ms: options.monitorGracePeriod_ms ?? 40_000, startup_ms: options.startupGracePeriod_ms ?? 60_000 };
    this.#eviction = { ...DEFAULT_EVICTION, ...options.eviction };
    this.#nodes = context.informers.get(nodes);
    this.#leases = context.informers.get(leases);
    this.#pods = context.informers.get(pods);
    this.#pods.addIndex(NODE_INDEX, byNode);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (key) => this.#reconcile(key) });
    this.#nodes.addHandler({
      add: (node) => {
        this.#tell(node, "RegisteredNode", `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`);
        this.#onNode(node);
      },
      update: (node) => this.#onNode(node),
      delete: (node) => {
        this.#heartbeats.delete(node.metadata.name ?? "");
        this.#tell(node, "RemovingNode", `Node ${node.metadata.name} event: Removing Node ${node.metadata.name} from Controller`);
        this.#zones = undefined;
      },
    });
    const onLease = (lease: Lease) => {
      if (lease.metadata.namespace === LEASE_NAMESPACE) this.#onHeartbeat(lease.metadata.name ?? "");
    };
    this.#leases.addHandler({ add: onLease, update: onLease });
    // A pod that comes to a silent node (or whose report of being ready comes late) is marked too.
    this.#pods.addHandler({ update: (pod, old) => (isPodReady(pod) && !isPodReady(old) ? this.#onReadyPod(pod) : undefined) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #onNode(node: Node): void {
    this.#zones = undefined;
    this.#loop.queue.add(node.metadata.name ?? "");
  }

  /** A heartbeat of a healthy node changes nothing but the time, which the next deadline looks at. */
  #onHeartbeat(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    const before = this.#heartbeats.get(name);
    this.#heartbeats.set(name, observe(node, this.#leases.get(`${LEASE_NAMESPACE}/${name}`), before, this.#context.clock.now_ms()));
    if (before === undefined || noExecuteKey(node) !== undefined) this.#loop.queue.add(name);
  }

  #onReadyPod(pod: Pod): void {
    const node = this.#nodes.get(pod.spec?.nodeName ?? "");
    if (node !== undefined && isSilent(node)) this.#loop.queue.add(node.metadata.name ?? "");
  }

  async #reconcile(name: string): Promise<ReconcileResult> {
    const { clock } = this.#context;
    let node = this.#nodes.get(name);
    if (node === undefined || node.metadata.deletionTimestamp !== undefined) return undefined;
    const heartbeat = observe(node, this.#leases.get(`${LEASE_NAMESPACE}/${name}`), this.#heartbeats.get(name), clock.now_ms());
    this.#heartbeats.set(name, heartbeat);
    const grace_ms = nodeCondition(node, "Ready") === undefined ? this.#grace.startup_ms : this.#grace.monitor_ms;
    const left_ms = heartbeat.heard_ms + grace_ms - clock.now_ms();
    if (left_ms <= 0) node = await this.#declareSilent(node);
    if (isSilent(node)) await this.#markPodsNotReady(node);
    const retry_ms = await this.#taint(node);
    const next_ms = Math.min(left_ms > 0 ? left_ms : Number.POSITIVE_INFINITY, retry_ms);
    return Number.isFinite(next_ms) ? { requeueAfter_ms: Math.max(1, next_ms) } : undefined;
  }

  async #declareSilent(node: Node): Promise<Node> {
    const conditions = silentConditions(node, this.#context.clock.now_ms());
    if (conditions === undefined) return node;
    const wasReady = nodeCondition(node, "Ready")?.status === "True";
    const updated = await this.#context.client.update(nodes, { ...node, status: { ...node.status, conditions } }, { subresource: "status" });
    if (wasReady) this.#tell(node, "NodeNotReady", `Node ${node.metadata.name} status is now: NodeNotReady`);
    return updated;
  }

  /** Nobody tells of the node's pods any more: their condition Ready becomes False, so that they leave the Services. While a node says itself that it is not ready, it tells of its pods too. */
  async #markPodsNotReady(node: Node): Promise<void> {
    const { client, clock, events } = this.#context;
    for (const pod of this.#pods.byIndex(NODE_INDEX, node.metadata.name ?? "")) {
      if (!isPodReady(pod) || isPodTerminal(pod)) continue;
      const { namespace, name = "" } = pod.metadata;
      const conditions = (pod.status?.conditions ?? []).map((condition) => (condition.type === "Ready" ? { ...condition, status: "False", lastTransitionTime: rfc3339(clock.now_ms()) } : condition));
      events.event(pod, { type: "Warning", reason: "NodeNotReady", message: "Node is not ready" });
      try {
        await client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: "status" });
      } catch (error) {
        if (isReason(error, "Conflict")) this.#loop.queue.addAfter(node.metadata.name ?? "", 1000);
        else if (!isReason(error, "NotFound")) this.#context.logger.warn({ pod: name, namespace, error: String(error) }, "a pod could not be marked as not ready");
      }
    }
  }

  /** Brings the taints up to date. @returns when to look again for an eviction that has to wait, in milliseconds */
  async #taint(node: Node): Promise<number> {
    const { client, clock } = this.#context;
    const { evict, retry_ms } = this.#evictionOf(node);
    const taints = wantedTaints(node, evict, rfc3339(clock.now_ms()));
    if (taints !== undefined) await client.update(nodes, { ...node, spec: { ...node.spec, taints } });
    return retry_ms;
  }

  #evictionOf(node: Node): { evict: "add" | "keep" | "remove"; retry_ms: number } {
    const never = Number.POSITIVE_INFINITY;
    if (noExecuteKey(node) === undefined) return { evict: "remove", retry_ms: never };
    this.#zones ??= zoneStates(this.#nodes.list(), this.#eviction);
    if (isEverythingDown(this.#zones)) return { evict: "remove", retry_ms: DISRUPTED_RETRY_MS };
    if (isEvictionSettled(node)) return { evict: "keep", retry_ms: never };
    // Unreachable and not ready change into one another without a new eviction.
    if (node.spec?.taints?.some((taint) => taint.effect === "NoExecute" && taint.key.startsWith("node.kubernetes.io/"))) return { evict: "add", retry_ms: never };
    const zone = zoneOf(node);
    const now_ms = this.#context.clock.monotonic_ms();
    const limiter = this.#limiters.get(zone) ?? new EvictionLimiter(now_ms);
    this.#limiters.set(zone, limiter);
    const wait_ms = limiter.take(evictionRate(this.#zones.get(zone) ?? { state: "Normal", nodes: 1 }, this.#eviction), now_ms);
    if (wait_ms === 0) return { evict: "add", retry_ms: never };
    return { evict: "keep", retry_ms: Math.min(wait_ms, DISRUPTED_RETRY_MS) };
  }

  #tell(node: Node, reason: string, message: string): void {
    this.#context.events.event(node, { type: "Normal", reason, message });
  }
}

function isSilent(node: Node): boolean {
  return nodeCondition(node, "Ready")?.status === "Unknown";
}
