import { deployments, pods, replicasets } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { Deployment, Pod, ReplicaSet } from "../../api/wire.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { OwnedObjects } from "../shared/owned-objects.ts";
import { byController, CONTROLLER_INDEX, controllerOf } from "../shared/owner.ts";
import { isPodTerminal } from "../shared/pods.ts";
import { condition, findCondition, PAUSED, RESUMED, TIMED_OUT, withCondition } from "./conditions.ts";
import { DeploymentEffects } from "./effects.ts";
import { isActive, isRollingUpdate, progressDeadline_s, sizeOf, totalActual } from "./limits.ts";
import { type OwnedSets, splitSets } from "./replica-sets.ts";
import { isScalingEvent, nextSizeOfNewest, planOldScaleDown, planScaling } from "./scale.ts";
import { countStatus, isComplete, rolloutStatus, timeToDeadline_ms } from "./status.ts";

const CONCURRENCY = 5;

/** Rolls a Deployment's template out over its ReplicaSets. */
export class DeploymentController implements Controller {
  readonly name = "deployment-controller";
  readonly #context: ControllerContext;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedObjects<Deployment, ReplicaSet>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#deployments = context.informers.get(deployments);
    this.#sets = context.informers.get(replicasets);
    this.#pods = context.informers.get(pods);
    this.#owned = new OwnedObjects(context, { owners: deployments, owned: replicasets, selectorOf: (deployment) => matcherOf(deployment.spec?.selector) });
    this.#pods.addIndex(CONTROLLER_INDEX, byController);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (deployment: Deployment) => this.#loop.queue.add(keyOf(deployment));
    this.#deployments.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#owned.follow((key) => this.#loop.queue.add(key));
    this.#pods.addHandler({ update: (pod) => this.#onPodEnd(pod), delete: (pod) => this.#onPodEnd(pod, true) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  /** A Deployment of type Recreate waits for the last old pod to be gone. */
  #onPodEnd(pod: Pod, gone = false): void {
    if (!gone && !isPodTerminal(pod)) return;
    const owner = controllerOf(pod);
    const set = owner?.kind === "ReplicaSet" ? this.#sets.get(`${pod.metadata.namespace}/${owner.name}`) : undefined;
    const deployment = set && this.#deployments.get(`${pod.metadata.namespace}/${controllerOf(set)?.name}`);
    if (deployment !== undefined && !isRollingUpdate(deployment)) this.#loop.queue.add(keyOf(deployment));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined) return undefined;
    const effects = new DeploymentEffects(this.#context, deployment);
    const selector = deployment.spec?.selector;
    if (!selector?.matchLabels && !selector?.matchExpressions?.length) return this.#refuseSelectingAll(effects);
    const sets = splitSets(deployment, await this.#owned.claim(deployment));
    if (deployment.metadata.deletionTimestamp !== undefined) {
      await this.#countOnly(effects, sets);
      return undefined;
    }
    await this.#markPaused(effects);
    if (deployment.spec?.paused || isScalingEvent(deployment, sets)) {
      const refreshed = await effects.syncNewest(sets, false);
      await effects.resize(planScaling(effects.deployment, refreshed));
      if (deployment.spec?.paused) await effects.cleanUp(refreshed.old);
      await this.#countOnly(effects, refreshed);
      return undefined;
    }
    const after = isRollingUpdate(deployment) ? await this.#rollOver(effects, sets) : await this.#recreate(effects, sets);
    return this.#finish(effects, after);
  }

  async #refuseSelectingAll(effects: DeploymentEffects): Promise<undefined> {
    const { deployment } = effects;
    const message = "This deployment is selecting all pods. A non-empty selector is required.";
    this.#context.events.event(deployment, { type: "Warning", reason: "SelectingAll", message });
    if ((deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)) return;
    await effects.updateStatus({ ...deployment.status, observedGeneration: deployment.metadata.generation ?? 0 });
  }

  async #countOnly(effects: DeploymentEffects, sets: OwnedSets): Promise<void> {
    await effects.updateStatus(countStatus(effects.deployment, sets, this.#context.clock.now_ms()));
  }

  /** Stops the progress deadline while paused, starts it anew on resume. */
  async #markPaused(effects: DeploymentEffects): Promise<void> {
    const { deployment } = effects;
    const conditions = deployment.status?.conditions ?? [];
    const current = findCondition(conditions, "Progressing");
    if (progressDeadline_s(deployment) === undefined || current?.reason === TIMED_OUT) return;
    const paused = deployment.spec?.paused ?? false;
    const marked = current?.reason === PAUSED;
    if (paused === marked) return;
    const now_ms = this.#context.clock.now_ms();
    const mark = paused ? condition("Progressing", "Unknown", PAUSED, "Deployment is paused", now_ms) : condition("Progressing", "Unknown", RESUMED, "Deployment is resumed", now_ms);
    await effects.updateStatus({ ...deployment.status, conditions: withCondition(conditions, mark) });
  }

  /** One step of a rolling update: the new set grows, or old ones shrink. */
  async #rollOver(effects: DeploymentEffects, given: OwnedSets): Promise<OwnedSets> {
    const sets = await effects.syncNewest(given, true);
    const { newest, old } = sets;
    if (newest === undefined) return sets;
    const size = nextSizeOfNewest(effects.deployment, old, newest);
    if (size !== sizeOf(newest)) await effects.resize([{ set: newest, replicas: size }]);
    else if (!(await effects.resize(planOldScaleDown(effects.deployment, sets))) && isComplete(effects.deployment, effects.deployment.status ?? {})) await effects.cleanUp(old);
    return sets;
  }

  /** One step of Recreate: all old pods go, then the new set gets its size. */
  async #recreate(effects: DeploymentEffects, given: OwnedSets): Promise<OwnedSets> {
    let sets = await effects.syncNewest(given, false);
    const shrinking = sets.old.filter(isActive).map((set) => ({ set, replicas: 0 }));
    if (await effects.resize(shrinking)) return sets;
    if (this.#oldPodsRemain(sets)) return sets;
    sets = await effects.syncNewest(sets, true);
    if (sets.newest !== undefined && sizeOf(sets.newest) !== effects.desired) await effects.resize([{ set: sets.newest, replicas: effects.desired }]);
    if (isComplete(effects.deployment, effects.deployment.status ?? {})) await effects.cleanUp(sets.old);
    return sets;
  }

  #oldPodsRemain(sets: OwnedSets): boolean {
    if (totalActual(sets.old) > 0) return true;
    return sets.old.some((set) => this.#pods.byIndex(CONTROLLER_INDEX, set.metadata.uid ?? "").some((pod) => !isPodTerminal(pod)));
  }

  async #finish(effects: DeploymentEffects, sets: OwnedSets): Promise<ReconcileResult> {
    const now_ms = this.#context.clock.now_ms();
    const status = rolloutStatus(effects.deployment, sets, now_ms);
    if (await effects.updateStatus(status)) return undefined;
    if (isComplete(effects.deployment, status)) return undefined;
    const left_ms = timeToDeadline_ms(effects.deployment, status.conditions, now_ms);
    // One second later than the deadline: times are kept in whole seconds.
    return left_ms === undefined ? undefined : { requeueAfter_ms: Math.max(left_ms, 0) + 1000 };
  }
}
