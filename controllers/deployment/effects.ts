import { deployments, replicasets } from "../../api/resources.ts";
import type { Deployment, ReplicaSet } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { ControllerContext } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";
import { controllerOf } from "../shared/owner.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";
import { hasAnnotations, maxRevision, newSetAnnotations, REVISION, replicasAnnotations, revisionOf } from "./annotations.ts";
import { condition, findCondition, NEW_SET_CREATED, NEW_SET_FOUND, SET_CREATE_ERROR, withCondition } from "./conditions.ts";
import { progressDeadline_s, replicasOf, revisionHistoryLimit, sizeOf } from "./limits.ts";
import { buildNewSet, type OwnedSets, sameTemplate } from "./replica-sets.ts";
import { nextSizeOfNewest, type Resize } from "./scale.ts";
import type { DeploymentStatus } from "./status.ts";

/** A Deployment in work: each write gives the state that the next one starts from. */
export class DeploymentEffects {
  readonly #context: ControllerContext;
  deployment: Deployment;

  constructor(context: ControllerContext, deployment: Deployment) {
    this.#context = context;
    this.deployment = deployment;
  }

  /** Writes status and revision if they differ from what is there. @returns whether it wrote */
  async updateStatus(status: DeploymentStatus, revision?: string): Promise<boolean> {
    const { metadata } = this.deployment;
    const newRevision = revision !== undefined && metadata.annotations?.[REVISION] !== revision;
    if (!newRevision && sameStatus(this.deployment.status, status)) return false;
    const annotations = newRevision ? { annotations: { ...metadata.annotations, [REVISION]: revision } } : {};
    const wanted = { ...this.deployment, metadata: { ...metadata, ...annotations }, status };
    this.deployment = await this.#context.client.update(deployments, wanted, { subresource: "status" });
    return true;
  }

  /** Brings annotations and minReadySeconds of the newest set, and the Deployment's revision, up to date; makes the set where there is none and `create` is set. */
  async syncNewest(sets: OwnedSets, create: boolean): Promise<OwnedSets> {
    const revision = maxRevision(sets.old) + 1;
    if (sets.newest !== undefined) return { ...sets, newest: await this.#refreshNewest(sets.newest, revision) };
    return create ? { ...sets, newest: await this.#createNewest(sets, revision) } : sets;
  }

  async #refreshNewest(newest: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const { deployment } = this;
    const annotations = newSetAnnotations(deployment, newest.metadata.annotations ?? {}, revision, false);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    if (!hasAnnotations(newest, annotations) || (newest.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      const spec = newest.spec && { ...newest.spec, minReadySeconds };
      return this.#context.client.update(replicasets, { ...newest, metadata: { ...newest.metadata, annotations }, ...(spec ? { spec } : {}) });
    }
    const message = `Found new replica set "${newest.metadata.name}"`;
    const missing = findCondition(deployment.status?.conditions, "Progressing") === undefined;
    const status = missing ? this.#withProgress("True", NEW_SET_FOUND, message) : (deployment.status ?? {});
    await this.updateStatus(status, newest.metadata.annotations?.[REVISION]);
    return newest;
  }

  async #createNewest(sets: OwnedSets, revision: number): Promise<ReplicaSet> {
    const { client, events } = this.#context;
    const blank = buildNewSet(this.deployment, revision);
    const replicas = nextSizeOfNewest(this.deployment, sets.old, blank);
    const wanted: ReplicaSet = { ...blank, ...(blank.spec ? { spec: { ...blank.spec, replicas } } : {}) };
    let made: ReplicaSet;
    try {
      made = await client.create(replicasets, wanted);
    } catch (error) {
      if (isReason(error, "AlreadyExists")) return this.#resolveCollision(wanted, error);
      if (!isNamespaceTerminating(error)) await this.#reportCreateError(wanted, error);
      throw error;
    }
    if (replicas > 0) {
      events.event(this.deployment, { type: "Normal", reason: "ScalingReplicaSet", message: `Scaled up replica set ${made.metadata.name} from 0 to ${replicas}` });
    }
    await this.updateStatus(this.#withProgress("True", NEW_SET_CREATED, `Created new replica set "${made.metadata.name}"`), String(revision));
    return made;
  }

  /** The name is taken: by our own set that the cache does not show yet, or by another with the same hash. */
  async #resolveCollision(wanted: ReplicaSet, error: unknown): Promise<ReplicaSet> {
    const { namespace, name = "" } = wanted.metadata;
    const existing = await this.#context.client.get(replicasets, { namespace, name });
    const ours = controllerOf(existing)?.uid === this.deployment.metadata.uid && sameTemplate(existing.spec?.template, this.deployment.spec?.template);
    if (ours) return existing;
    const collisionCount = (this.deployment.status?.collisionCount ?? 0) + 1;
    await this.updateStatus({ ...this.deployment.status, collisionCount });
    throw error;
  }

  async #reportCreateError(wanted: ReplicaSet, error: unknown): Promise<void> {
    const message = `Failed to create new replica set "${wanted.metadata.name}": ${error instanceof Error ? error.message : String(error)}`;
    await this.updateStatus(this.#withProgress("False", SET_CREATE_ERROR, message));
    this.#context.events.event(this.deployment, { type: "Warning", reason: SET_CREATE_ERROR, message });
  }

  /** The status with a condition Progressing, where the Deployment has a deadline. */
  #withProgress(status: "True" | "False", reason: string, message: string): DeploymentStatus {
    const { deployment } = this;
    if (progressDeadline_s(deployment) === undefined) return deployment.status ?? {};
    const progress = condition("Progressing", status, reason, message, this.#context.clock.now_ms());
    return { ...deployment.status, conditions: withCondition(deployment.status?.conditions ?? [], progress) };
  }

  /** Gives sets their sizes, and the annotations that tell the Deployment's. @returns whether a size changed */
  async resize(changes: readonly Resize[]): Promise<boolean> {
    let resized = false;
    for (const { set, replicas } of changes) resized = (await this.#resizeOne(set, replicas)) || resized;
    return resized;
  }

  async #resizeOne(set: ReplicaSet, replicas: number): Promise<boolean> {
    const { client, events } = this.#context;
    const old = sizeOf(set);
    const annotations = replicasAnnotations(this.deployment);
    if (old === replicas && hasAnnotations(set, annotations)) return false;
    const metadata = { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } };
    await client.update(replicasets, { ...set, metadata, ...(set.spec ? { spec: { ...set.spec, replicas } } : {}) });
    if (old === replicas) return false;
    const message = `Scaled ${old < replicas ? "up" : "down"} replica set ${set.metadata.name} from ${old} to ${replicas}`;
    events.event(this.deployment, { type: "Normal", reason: "ScalingReplicaSet", message });
    return true;
  }

  /** Deletes the oldest revisions beyond the history limit; a set that still has or wants pods stays. */
  async cleanUp(old: readonly ReplicaSet[]): Promise<void> {
    const limit = revisionHistoryLimit(this.deployment);
    if (limit === undefined) return;
    const alive = old.filter((set) => set.metadata.deletionTimestamp === undefined);
    const oldest = alive.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, alive.length - limit));
    for (const set of oldest) {
      const { namespace, name = "", uid, generation = 0, resourceVersion } = set.metadata;
      const seen = (set.status?.observedGeneration ?? 0) >= generation;
      if (!seen || sizeOf(set) > 0 || (set.status?.replicas ?? 0) > 0) continue;
      try {
        const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
        await this.#context.client.delete(replicasets, { namespace, name }, { preconditions, propagationPolicy: "Background" });
      } catch (error) {
        if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
      }
    }
  }

  get desired(): number {
    return replicasOf(this.deployment);
  }
}

function sameStatus(a: DeploymentStatus | undefined, b: DeploymentStatus): boolean {
  const counts = (status: DeploymentStatus | undefined) => {
    const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0, unavailableReplicas = 0, terminatingReplicas, collisionCount } = status ?? {};
    return [observedGeneration, replicas, updatedReplicas, readyReplicas, availableReplicas, unavailableReplicas, terminatingReplicas, collisionCount];
  };
  return semanticEqual(counts(a), counts(b)) && semanticEqual(a?.conditions, b.conditions);
}
