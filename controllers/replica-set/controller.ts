import { pods, type Resource, replicasets, replicationcontrollers } from "../../api/resources.ts";
import { type LabelMatcher, matcherOf, matcherOfLabels } from "../../api/selector/labels.ts";
import type { Pod, ReplicaSet } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { OwnedObjects } from "../shared/owned-objects.ts";
import { byController, CONTROLLER_INDEX, controllerOf, controllerRef } from "../shared/owner.ts";
import { isNamespaceTerminating, PodControl } from "../shared/pod-control.ts";
import { isPodActive, isPodTerminating, nextAvailability_ms } from "../shared/pods.ts";
import { slowStart } from "../shared/slow-start.ts";
import { WriteTracker } from "../shared/write-tracker.ts";
import { planReplicas, type ReplicaPlan } from "./decide.ts";
import { type ReplicaSetStatus, replicaSetStatus, statusChanged } from "./status.ts";

const CONCURRENCY = 5;
const SLOW_START = 1;
/** How soon a key whose writes the cache does not show yet is looked at again, if no event comes first. */
const UNSETTLED_MS = 1000;

type Failure = { reason: "FailedCreate" | "FailedDelete"; error: unknown };

/** A kind that keeps a number of pods: its objects look like ReplicaSets. */
export interface ReplicaKind {
  /** Of the controller. */
  readonly name: string;
  readonly resource: Resource<ReplicaSet>;
  selectorOf(set: ReplicaSet): LabelMatcher;
  /** Its status has terminatingReplicas. */
  readonly countsTerminating: boolean;
}

export const REPLICA_SET: ReplicaKind = {
  name: "replicaset-controller",
  resource: replicasets,
  selectorOf: (set) => matcherOf(set.spec?.selector),
  countsTerminating: true,
};

/** Its selector is a plain map; all else is as in a ReplicaSet. */
export const REPLICATION_CONTROLLER: ReplicaKind = {
  name: "replication-controller",
  resource: replicationcontrollers as unknown as Resource<ReplicaSet>,
  selectorOf: (set) => matcherOfLabels(set.spec?.selector as Record<string, string> | undefined),
  countsTerminating: false,
};

/** Keeps as many pods as each ReplicaSet (or ReplicationController) says. */
export class ReplicaSetController implements Controller {
  readonly name: string;
  readonly #kind: ReplicaKind;
  readonly #context: ControllerContext;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedObjects<ReplicaSet, Pod>;
  readonly #podControl: PodControl;
  readonly #writes: WriteTracker<Pod>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext, kind: ReplicaKind) {
    this.name = kind.name;
    this.#kind = kind;
    this.#context = context;
    this.#sets = context.informers.get(kind.resource);
    this.#pods = context.informers.get(pods);
    this.#sets.addIndex(CONTROLLER_INDEX, byController);
    this.#owned = new OwnedObjects(context, { owners: kind.resource, owned: pods, selectorOf: (set) => kind.selectorOf(set), adoptable: isPodActive });
    this.#podControl = new PodControl(context.client, context.random, context.events);
    this.#writes = new WriteTracker(this.#pods);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (set: ReplicaSet) => this.#loop.queue.add(keyOf(set));
    this.#sets.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#owned.follow((key) => this.#loop.queue.add(key));
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.get(key);
    if (set === undefined) {
      this.#writes.forget(key);
      return undefined;
    }
    // A late cache knows neither what is missing nor what to report.
    if (!this.#writes.settled(key)) return { requeueAfter_ms: UNSETTLED_MS };
    const claimed = await this.#owned.claim(set);
    const active = claimed.filter(isPodActive);
    const result = set.metadata.deletionTimestamp === undefined ? await this.#manage(key, set, active) : undefined;
    // In a namespace that is going nothing is missing.
    const failure = isNamespaceTerminating(result?.error) ? undefined : result;
    const updated = await this.#updateStatus(set, claimed, failure);
    if (failure !== undefined) throw failure.error;
    const waits = updated.readyReplicas !== updated.availableReplicas;
    const next_ms = waits ? nextAvailability_ms(active, set.spec?.minReadySeconds ?? 0, this.#context.clock.now_ms()) : undefined;
    return next_ms === undefined ? undefined : { requeueAfter_ms: next_ms };
  }

  async #manage(key: string, set: ReplicaSet, active: readonly Pod[]): Promise<Failure | undefined> {
    const plan = planReplicas(set.spec?.replicas ?? 1, active, this.#relatedPods(set), this.#context.clock.now_ms());
    switch (plan.type) {
      case "none":
        return undefined;
      case "create":
        return this.#create(key, set, plan);
      case "delete":
        return this.#delete(key, set, plan);
    }
  }

  async #create(key: string, set: ReplicaSet, plan: ReplicaPlan & { type: "create" }): Promise<Failure | undefined> {
    const { namespace = "", name = "" } = set.metadata;
    const spec = { namespace, template: set.spec?.template ?? {}, owner: controllerRef(set, this.#kind.resource), generateName: `${name}-` };
    const { error } = await slowStart(plan.count, SLOW_START, async () => {
      const pod = await this.#podControl.create(set, spec);
      this.#writes.wrote(key, keyOf(pod), pod);
    });
    return error === undefined ? undefined : { reason: "FailedCreate", error };
  }

  async #delete(key: string, set: ReplicaSet, plan: ReplicaPlan & { type: "delete" }): Promise<Failure | undefined> {
    const { error } = await slowStart(plan.pods.length, plan.pods.length, async (index) => {
      const pod = plan.pods[index];
      if (pod === undefined) return;
      await this.#podControl.delete(set, pod);
      this.#writes.deleted(key, keyOf(pod), pod.metadata.uid ?? "");
    });
    return error === undefined ? undefined : { reason: "FailedDelete", error };
  }

  /** Active pods of all sets with the same owner (the versions of one Deployment). */
  #relatedPods(set: ReplicaSet): Pod[] {
    const owner = controllerOf(set);
    const sets = owner === undefined ? [set] : this.#sets.byIndex(CONTROLLER_INDEX, owner.uid);
    return sets.flatMap((other) => this.#owned.of(other.metadata.uid)).filter(isPodActive);
  }

  async #updateStatus(set: ReplicaSet, claimed: readonly Pod[], failure: Failure | undefined): Promise<ReplicaSetStatus> {
    const status = replicaSetStatus({
      replicaSet: set,
      active: claimed.filter(isPodActive),
      terminating: this.#kind.countsTerminating ? claimed.filter(isPodTerminating).length : undefined,
      template: matcherOfLabels(set.spec?.template?.metadata?.labels),
      failure: failure && { reason: failure.reason, message: failure.error instanceof Error ? failure.error.message : String(failure.error) },
      now_ms: this.#context.clock.now_ms(),
    });
    if (!statusChanged(set, status)) return status;
    try {
      await this.#context.client.update(this.#kind.resource, { ...set, status }, { subresource: "status" });
    } catch (error) {
      // Deleted meanwhile, or written by somebody else: the event of that brings the key back.
      if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
      if (isReason(error, "Conflict") && this.#sets.get(keyOf(set)) === set) this.#loop.queue.addAfter(keyOf(set), UNSETTLED_MS);
    }
    return status;
  }
}
