import { nodes, pods } from "../../api/resources.ts";
import type { Node, Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf, NODE_INDEX } from "../../client/informer.ts";
import { byNode } from "../../client/shared-informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { withDisruptionTarget } from "../shared/disruption-target.ts";
import { isPodTerminal } from "../shared/pods.ts";
import { oldestBeyond, outOfService, type PodVerdict, verdictOf } from "./decide.ts";

/** A node must be gone for this long before its pods go: it may only be registering anew. */
const QUARANTINE_MS = 40_000;
const TERMINAL_INDEX = "terminal";
/** The queue's one key that is no pod's. */
const TERMINATED = "*";

export interface PodGcOptions {
  /** Finished pods that are kept; 12500. 0 or less: all. */
  readonly terminatedPodThreshold?: number;
}

/** Removes pods that nobody else will: of deleted or out-of-service nodes, deleted before they were placed, and too many finished ones. */
export class PodGcController implements Controller {
  readonly name = "pod-garbage-collector";
  readonly #context: ControllerContext;
  readonly #threshold: number;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #loop: ReconcileLoop;
  /** Nodes that pods name but that are not there, and since when. */
  readonly #missing = new Map<string, number>();

  constructor(context: ControllerContext, options: PodGcOptions = {}) {
    this.#context = context;
    this.#threshold = options.terminatedPodThreshold ?? 12_500;
    this.#nodes = context.informers.get(nodes);
    this.#pods = context.informers.get(pods);
    this.#pods.addIndex(NODE_INDEX, byNode);
    this.#pods.addIndex(TERMINAL_INDEX, (pod) => (isPodTerminal(pod) ? [TERMINAL_INDEX] : []));
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => this.#reconcile(key) });
    const enqueuePodsOf = (node: Node) => {
      for (const pod of this.#pods.byIndex(NODE_INDEX, node.metadata.name ?? "")) this.#loop.queue.add(keyOf(pod));
    };
    this.#nodes.addHandler({
      add: (node) => {
        this.#missing.delete(node.metadata.name ?? "");
        if (outOfService(node)) enqueuePodsOf(node);
      },
      update: (node) => (outOfService(node) ? enqueuePodsOf(node) : undefined),
      delete: enqueuePodsOf,
    });
    this.#pods.addHandler({ add: (pod) => this.#onPod(pod), update: (pod) => this.#onPod(pod) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #onPod(pod: Pod): void {
    if (isPodTerminal(pod) && this.#threshold > 0) this.#loop.queue.add(TERMINATED);
    const nodeName = pod.spec?.nodeName ?? "";
    const node = this.#nodes.get(nodeName);
    const odd = nodeName === "" ? pod.metadata.deletionTimestamp !== undefined : node === undefined || outOfService(node);
    if (odd) this.#loop.queue.add(keyOf(pod));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    if (key === TERMINATED) return this.#trimTerminated();
    const pod = this.#pods.get(key);
    if (pod === undefined) return undefined;
    const nodeName = pod.spec?.nodeName ?? "";
    const verdict = verdictOf(pod, this.#nodes.get(nodeName));
    if (verdict?.type === "orphaned") {
      const wait_ms = this.#quarantine_ms(nodeName);
      if (wait_ms > 0) return { requeueAfter_ms: wait_ms };
      if (await this.#nodeExists(nodeName)) return undefined;
    }
    if (verdict === undefined) return undefined;
    await this.#remove(pod, verdict);
    if (this.#pods.byIndex(NODE_INDEX, nodeName).length <= 1) this.#missing.delete(nodeName);
    return undefined;
  }

  #quarantine_ms(nodeName: string): number {
    const now_ms = this.#context.clock.monotonic_ms();
    const since_ms = this.#missing.get(nodeName) ?? now_ms;
    this.#missing.set(nodeName, since_ms);
    return since_ms + QUARANTINE_MS - now_ms;
  }

  /** Asks the server: the cache may lag. */
  async #nodeExists(name: string): Promise<boolean> {
    try {
      await this.#context.client.get(nodes, { name });
      return true;
    } catch (error) {
      if (isReason(error, "NotFound")) return false;
      throw error;
    }
  }

  async #trimTerminated(): Promise<undefined> {
    const surplus = oldestBeyond(this.#pods.byIndex(TERMINAL_INDEX, TERMINAL_INDEX), this.#threshold);
    for (const pod of surplus) await this.#remove(pod, { type: "terminated" });
    return undefined;
  }

  async #remove(pod: Pod, verdict: PodVerdict): Promise<void> {
    const { client, clock, logger } = this.#context;
    const { namespace, name = "", uid } = pod.metadata;
    try {
      if (!isPodTerminal(pod)) {
        const reason = "DeletionByPodGC";
        const marked = verdict.type === "orphaned" ? withDisruptionTarget(pod, reason, "PodGC: node no longer exists", clock.now_ms()) : undefined;
        const { generation } = pod.metadata;
        const status = { ...(marked ?? pod).status, phase: "Failed", ...(generation === undefined ? {} : { observedGeneration: generation }) };
        await client.update(pods, { ...pod, status }, { subresource: "status" });
      }
      await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { preconditions: { uid } }) });
      logger.info({ pod: `${namespace}/${name}`, why: verdict.type }, "removed a pod that nobody else would");
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }
}
