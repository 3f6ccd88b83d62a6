import { daemonsets, nodes, pods } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { DaemonSet, Node, Pod } from "../../api/wire.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { delayFor } from "../../lib/backoff.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";
import { OwnedObjects } from "../shared/owned-objects.ts";
import { controllerRef } from "../shared/owner.ts";
import { isNamespaceTerminating, PodControl } from "../shared/pod-control.ts";
import { nextAvailability_ms } from "../shared/pods.ts";
import { RevisionHistory, type RevisionSync } from "../shared/revisions.ts";
import { slowStart } from "../shared/slow-start.ts";
import { WriteTracker } from "../shared/write-tracker.ts";
import { nodeFit } from "./node-fit.ts";
import { isRolling, nodeStates, planPlacement, planUpdate } from "./plan.ts";
import { HASH_LABEL, targetNode, templateForNode } from "./pods.ts";
import { daemonStatus, sameDaemonStatus } from "./status.ts";

/** Most pods that one reconcile creates or deletes. */
const BURST = 250;
const UNSETTLED_MS = 1000;
/** A failed pod's node gets the next one after this, doubling (kube-controller-manager: 1 s to 15 min). */
const FAILED_BACKOFF = { base_ms: 1000, max_ms: 900_000 };
const jitterless = { next: () => 0, uuid: () => "" };

/** Keeps one pod of each DaemonSet on each node that it belongs on. */
export class DaemonSetController implements Controller {
  readonly name = "daemonset-controller";
  readonly #context: ControllerContext;
  readonly #sets: Informer<DaemonSet>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #owned: OwnedObjects<DaemonSet, Pod>;
  readonly #history: RevisionHistory<DaemonSet>;
  readonly #podControl: PodControl;
  readonly #writes: WriteTracker<Pod>;
  readonly #loop: ReconcileLoop;
  /** `uid/node` → failures in a row and when the last pod was removed. */
  readonly #failed = new Map<string, { count: number; until_ms: number }>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.informers.get(daemonsets);
    this.#pods = context.informers.get(pods);
    this.#nodes = context.informers.get(nodes);
    this.#owned = new OwnedObjects(context, { owners: daemonsets, owned: pods, selectorOf: (set) => matcherOf(set.spec?.selector) });
    this.#history = new RevisionHistory(context, daemonsets, HASH_LABEL);
    this.#podControl = new PodControl(context.client, context.random, context.events);
    this.#writes = new WriteTracker(this.#pods);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (set: DaemonSet) => this.#loop.queue.add(keyOf(set));
    this.#sets.addHandler({ add: enqueue, update: enqueue, delete: (set) => this.#forget(set) });
    this.#owned.follow((key) => this.#loop.queue.add(key));
    this.#nodes.addHandler({ add: (node) => this.#onNode(node), update: (node, old) => this.#onNode(node, old), delete: (node) => this.#onNode(undefined, node) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #forget(set: DaemonSet): void {
    this.#loop.queue.add(keyOf(set));
    for (const key of this.#failed.keys()) if (key.startsWith(`${set.metadata.uid}/`)) this.#failed.delete(key);
  }

  /** Only labels and taints of a node decide who belongs on it; heartbeats do not. */
  #onNode(node: Node | undefined, old?: Node): void {
    const same = node !== undefined && old !== undefined && semanticEqual(node.metadata.labels, old.metadata.labels) && semanticEqual(node.spec?.taints, old.spec?.taints) && node.metadata.uid === old.metadata.uid;
    if (same) return;
    for (const set of this.#sets.list()) {
      const before = old && nodeFit(set, old);
      const now = node && nodeFit(set, node);
      if (!semanticEqual(before, now)) this.#loop.queue.add(keyOf(set));
    }
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.get(key);
    if (set === undefined) this.#writes.forget(key);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
    if (!this.#writes.settled(key)) return { requeueAfter_ms: UNSETTLED_MS };
    const revisions = await this.#history.sync(set, await this.#history.list(set), set.status?.collisionCount);
    const hash = this.#history.hashOf(revisions.newest);
    const mine = await this.#owned.claim(set);
    const { states, lost } = nodeStates(set, this.#nodes.list(), mine, targetNode);
    const now_ms = this.#context.clock.now_ms();
    const placement = planPlacement(set, states, hash, now_ms);
    const finished = this.#finishedDue(set, placement.finished);
    // Those whose node is gone and that never got there; the others are left to the collector of pods.
    const stray = lost.filter((pod) => !pod.spec?.nodeName && pod.metadata.deletionTimestamp === undefined);
    let error = await this.#apply(set, key, hash, { create: placement.create, remove: [...placement.remove, ...finished.due, ...stray] });
    if (error === undefined && isRolling(set) && this.#writes.settled(key)) error = await this.#apply(set, key, hash, planUpdate(set, states, hash, now_ms));
    await this.#history.truncate(set, revisions.old, (revision) => mine.some((pod) => pod.metadata.labels?.[HASH_LABEL] === this.#history.hashOf(revision)));
    await this.#updateStatus(set, states, hash, revisions);
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    const ready_ms = nextAvailability_ms(mine, set.spec?.minReadySeconds ?? 0, now_ms);
    const again_ms = Math.min(ready_ms ?? Number.POSITIVE_INFINITY, finished.wait_ms);
    return Number.isFinite(again_ms) ? { requeueAfter_ms: again_ms } : undefined;
  }

  /** Finished pods whose removal is due; failed ones wait longer each time. */
  #finishedDue(set: DaemonSet, finished: readonly Pod[]): { due: Pod[]; wait_ms: number } {
    const now_ms = this.#context.clock.monotonic_ms();
    const due: Pod[] = [];
    let wait_ms = Number.POSITIVE_INFINITY;
    for (const pod of finished) {
      const { namespace, name, uid } = pod.metadata;
      const failed = pod.status?.phase === "Failed";
      const at = `${set.metadata.uid}/${targetNode(pod)}`;
      const backoff = this.#failed.get(at) ?? { count: 0, until_ms: 0 };
      if (failed && backoff.until_ms > now_ms) {
        wait_ms = Math.min(wait_ms, backoff.until_ms - now_ms);
        continue;
      }
      if (failed) this.#failed.set(at, { count: backoff.count + 1, until_ms: now_ms + delayFor(FAILED_BACKOFF, backoff.count, jitterless) });
      const text = failed ? "failed" : "succeeded";
      const message = `Found ${text} daemon pod ${namespace}/${name} on node ${targetNode(pod)}, will try to ${failed ? "kill" : "delete"} it`;
      this.#context.events.event(set, { type: failed ? "Warning" : "Normal", reason: failed ? "FailedDaemonPod" : "SucceededDaemonPod", message });
      if (uid !== undefined) due.push(pod);
    }
    return { due, wait_ms };
  }

  /** Creates and deletes pods. @returns the first error */
  async #apply(set: DaemonSet, key: string, hash: string, plan: { create: readonly string[]; remove: readonly Pod[] }): Promise<unknown> {
    const { namespace = "", name = "" } = set.metadata;
    const creation = plan.create.slice(0, BURST);
    const created = await slowStart(creation.length, 1, async (index) => {
      const template = templateForNode(set, creation[index] ?? "", hash);
      const pod = await this.#podControl.create(set, { namespace, template, owner: controllerRef(set, daemonsets), generateName: `${name}-` });
      this.#writes.wrote(key, keyOf(pod), pod);
    });
    const removal = plan.remove.slice(0, BURST);
    const removed = await slowStart(removal.length, removal.length, async (index) => {
      const pod = removal[index];
      if (pod === undefined) return;
      await this.#podControl.delete(set, pod);
      this.#writes.deleted(key, keyOf(pod), pod.metadata.uid ?? "");
    });
    return created.error ?? removed.error;
  }

  async #updateStatus(set: DaemonSet, states: Parameters<typeof daemonStatus>[1], hash: string, revisions: RevisionSync): Promise<void> {
    const status = daemonStatus(set, states, hash, revisions.collisionCount, this.#context.clock.now_ms());
    if (!sameDaemonStatus(set.status, status)) await this.#context.client.update(daemonsets, { ...set, status }, { subresource: "status" });
  }
}
