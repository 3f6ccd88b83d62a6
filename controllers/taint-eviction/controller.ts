import { nodes, pods } from "../../api/resources.ts";
import type { Node, Pod } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf, NODE_INDEX } from "../../client/informer.ts";
import { byNode } from "../../client/shared-informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { withDisruptionTarget } from "../shared/disruption-target.ts";
import { semanticEqual } from "../shared/equal.ts";
import { isPodTerminal } from "../shared/pods.ts";
import { decideEviction } from "./decide.ts";

const CONCURRENCY = 8;

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or not any longer. */
export class TaintEvictionController implements Controller {
  readonly name = "taint-eviction-controller";
  readonly #context: ControllerContext;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #loop: ReconcileLoop;
  /** Since when a taint without timeAdded has been seen is when its pods were first looked at. */
  readonly #dueTimes = new Map<string, { uid: string | undefined; at_ms: number; taints: unknown }>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#nodes = context.informers.get(nodes);
    this.#pods = context.informers.get(pods);
    this.#pods.addIndex(NODE_INDEX, byNode);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (key) => this.#reconcile(key) });
    const enqueueAll = (node: Node) => {
      for (const pod of this.#pods.byIndex(NODE_INDEX, node.metadata.name ?? "")) this.#loop.queue.add(keyOf(pod));
    };
    this.#nodes.addHandler({
      add: (node) => (hasNoExecute(node) ? enqueueAll(node) : undefined),
      update: (node, old) => (semanticEqual(node.spec?.taints, old.spec?.taints) ? undefined : enqueueAll(node)),
    });
    const enqueue = (pod: Pod) => {
      const node = this.#nodes.get(pod.spec?.nodeName ?? "");
      if (node !== undefined && hasNoExecute(node)) this.#loop.queue.add(keyOf(pod));
    };
    this.#pods.addHandler({
      add: enqueue,
      update: (pod, old) => (pod.spec?.nodeName !== old.spec?.nodeName || !semanticEqual(pod.spec?.tolerations, old.spec?.tolerations) ? enqueue(pod) : undefined),
      delete: (pod) => this.#dueTimes.delete(keyOf(pod)),
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const pod = this.#pods.get(key);
    const node = pod && this.#nodes.get(pod.spec?.nodeName ?? "");
    if (pod === undefined || node === undefined || isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined) {
      this.#dueTimes.delete(key);
      return undefined;
    }
    const now_ms = this.#context.clock.now_ms();
    const decision = decideEviction(node, pod, now_ms);
    if (decision.type === "stays") {
      this.#cancel(key, pod);
      return undefined;
    }
    const taints = node.spec?.taints;
    const before = this.#dueTimes.get(key);
    const at_ms = before !== undefined && before.uid === pod.metadata.uid && semanticEqual(before.taints, taints) ? Math.min(before.at_ms, decision.at_ms) : decision.at_ms;
    if (at_ms > now_ms) {
      this.#dueTimes.set(key, { uid: pod.metadata.uid, at_ms, taints });
      return { requeueAfter_ms: at_ms - now_ms };
    }
    await this.#evict(pod);
    this.#dueTimes.delete(key);
    return undefined;
  }

  #cancel(key: string, pod: Pod): void {
    if (!this.#dueTimes.delete(key)) return;
    this.#context.events.event(pod, { type: "Normal", reason: "TaintManagerEviction", message: `Cancelling deletion of Pod ${key}` });
  }

  async #evict(pod: Pod): Promise<void> {
    const { client, clock, events } = this.#context;
    const { namespace, name = "", uid } = pod.metadata;
    events.event(pod, { type: "Normal", reason: "TaintManagerEviction", message: `Marking for deletion Pod ${namespace}/${name}` });
    try {
      const marked = withDisruptionTarget(pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", clock.now_ms());
      if (marked !== undefined) await client.update(pods, marked, { subresource: "status" });
      await client.delete(pods, { namespace, name }, uid === undefined ? {} : { preconditions: { uid } });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }
}

function hasNoExecute(node: Node): boolean {
  return (node.spec?.taints ?? []).some((taint) => taint.effect === "NoExecute");
}
