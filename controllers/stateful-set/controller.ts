import { pods, statefulsets } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { ControllerRevision, Pod, PodTemplateSpec, StatefulSet } from "../../api/wire.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { OwnedObjects } from "../shared/owned-objects.ts";
import { controllerRef } from "../shared/owner.ts";
import { isNamespaceTerminating, PodControl, type PodTexts } from "../shared/pod-control.ts";
import { nextAvailability_ms } from "../shared/pods.ts";
import { RevisionHistory, templateOf } from "../shared/revisions.ts";
import { WriteTracker } from "../shared/write-tracker.ts";
import { ClaimKeeper } from "./claims.ts";
import { ordinalOf, podName, revisionOf, templateFor } from "./identity.ts";
import { planStateful, type StatefulPlan } from "./plan.ts";
import { sameStatefulStatus, statefulStatus } from "./status.ts";

const HASH_LABEL = "controller.kubernetes.io/hash";
const UNSETTLED_MS = 1000;
/** Parallel sets: pods made or deleted in one reconcile. */
const BURST = 500;

interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly old: readonly ControllerRevision[];
  readonly collisionCount: number | undefined;
}

/** Keeps the numbered pods of each StatefulSet, with their claims, in order. */
export class StatefulSetController implements Controller {
  readonly name = "statefulset-controller";
  readonly #context: ControllerContext;
  readonly #sets: Informer<StatefulSet>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedObjects<StatefulSet, Pod>;
  readonly #history: RevisionHistory<StatefulSet>;
  readonly #podControl: PodControl;
  readonly #claims: ClaimKeeper;
  readonly #writes: WriteTracker<Pod>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.informers.get(statefulsets);
    this.#pods = context.informers.get(pods);
    this.#owned = new OwnedObjects(context, { owners: statefulsets, owned: pods, selectorOf: (set) => matcherOf(set.spec?.selector), fits: (set, pod) => ordinalOf(set, pod) !== undefined });
    this.#history = new RevisionHistory(context, statefulsets, HASH_LABEL);
    this.#podControl = new PodControl(context.client, context.random, context.events);
    this.#claims = new ClaimKeeper(context.client, context.events);
    this.#writes = new WriteTracker(this.#pods);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 5, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (set: StatefulSet) => this.#loop.queue.add(keyOf(set));
    this.#sets.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#owned.follow((key) => this.#loop.queue.add(key));
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const set = this.#sets.get(key);
    if (set === undefined) this.#writes.forget(key);
    if (set === undefined) return undefined;
    if (!this.#writes.settled(key)) return { requeueAfter_ms: UNSETTLED_MS };
    const mine = await this.#owned.claim(set);
    if (set.metadata.deletionTimestamp !== undefined) return undefined;
    const revisions = await this.#revisions(set);
    const [current, update] = [revisions.current.metadata.name ?? "", revisions.update.metadata.name ?? ""];
    const byOrdinal = new Map(mine.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
    const now_ms = this.#context.clock.now_ms();
    if (set.metadata.generation !== set.status?.observedGeneration) await this.#ownClaims(set, byOrdinal);
    const error = await this.#apply(set, key, planStateful({ set, pods: byOrdinal, currentRevision: current, updateRevision: update, now_ms }), revisions);
    await this.#history.truncate(set, revisions.old, (revision) => revision === revisions.current || mine.some((pod) => revisionOf(pod) === revision.metadata.name));
    const status = statefulStatus(set, mine, { current, update, collisionCount: revisions.collisionCount }, now_ms);
    if (!sameStatefulStatus(set.status, status)) await this.#context.client.update(statefulsets, { ...set, status }, { subresource: "status" });
    if (error !== undefined && !isNamespaceTerminating(error)) throw error;
    const ready_ms = nextAvailability_ms(mine, set.spec?.minReadySeconds ?? 0, now_ms);
    return ready_ms === undefined ? undefined : { requeueAfter_ms: ready_ms };
  }

  async #revisions(set: StatefulSet): Promise<Revisions> {
    const { newest, old, collisionCount } = await this.#history.sync(set, await this.#history.list(set), set.status?.collisionCount);
    const current = [...old, newest].find((revision) => revision.metadata.name === set.status?.currentRevision) ?? newest;
    return { current, update: newest, old, collisionCount };
  }

  /** The retention policy may have changed. */
  async #ownClaims(set: StatefulSet, byOrdinal: ReadonlyMap<number, Pod>): Promise<void> {
    for (const [ordinal, pod] of byOrdinal) if (ordinal >= 0) await this.#claims.updateOwners(set, ordinal, pod, false);
  }

  /** Carries the step out. @returns the first error */
  async #apply(set: StatefulSet, key: string, plan: StatefulPlan, revisions: Revisions): Promise<unknown> {
    const effects = [
      ...plan.mend.map(({ pod, labels }) => () => this.#mend(pod, labels)),
      ...plan.create.map(({ ordinal, revision }) => () => this.#create(set, key, ordinal, this.#templateOf(set, revision, revisions), revision)),
      ...plan.remove.map((removal) => () => this.#remove(set, key, removal)),
    ];
    const results = await Promise.allSettled(effects.slice(0, BURST).map((effect) => effect()));
    return results.find((result) => result.status === "rejected")?.reason;
  }

  #templateOf(set: StatefulSet, revision: string, { current, update }: Revisions): PodTemplateSpec {
    return revision === update.metadata.name ? (set.spec?.template ?? {}) : templateOf(current);
  }

  async #mend(pod: Pod, labels: Record<string, string>): Promise<void> {
    const { namespace, name = "", uid } = pod.metadata;
    await this.#context.client.patch(pods, { namespace, name }, "merge", { metadata: { uid, labels } });
  }

  async #create(set: StatefulSet, key: string, ordinal: number, template: PodTemplateSpec, revision: string): Promise<void> {
    await this.#claims.ensure(set, ordinal);
    const spec = { namespace: set.metadata.namespace ?? "", name: podName(set, ordinal), generateName: `${set.metadata.name}-`, template: templateFor(set, ordinal, template, revision), owner: controllerRef(set, statefulsets) };
    const pod = await this.#podControl.create(set, spec, textsOf(set));
    this.#writes.wrote(key, keyOf(pod), pod);
  }

  async #remove(set: StatefulSet, key: string, { pod, ordinal, why }: StatefulPlan["remove"][number]): Promise<void> {
    const { namespace, name } = pod.metadata;
    if (why === "failed" || why === "succeeded") {
      const reason = why === "failed" ? "RecreatingFailedPod" : "RecreatingTerminatedPod";
      this.#context.events.event(set, { type: why === "failed" ? "Warning" : "Normal", reason, message: `StatefulSet ${namespace}/${set.metadata.name} is recreating ${why === "failed" ? "failed" : "terminated"} Pod ${name}` });
    }
    if (why === "scale-down") await this.#claims.updateOwners(set, ordinal, pod, true);
    await this.#podControl.delete(set, pod, textsOf(set));
    this.#writes.deleted(key, keyOf(pod), pod.metadata.uid ?? "");
  }
}

function textsOf({ metadata }: StatefulSet): PodTexts {
  const subject = (verb: string, name: string) => `${verb} Pod ${name} in StatefulSet ${metadata.name}`;
  return {
    created: (name) => `${subject("Create", name)} successful`,
    createFailed: (name, error) => `${subject("Create", name)} failed error: ${error}`,
    deleted: (name) => `${subject("Delete", name)} successful`,
    deleteFailed: (name, error) => `${subject("Delete", name)} failed error: ${error}`,
  };
}
