import { poddisruptionbudgets, pods, replicasets } from "../../api/resources.ts";
import { matcherOf } from "../../api/selector/labels.ts";
import type { Pod, PodDisruptionBudget } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";
import { controllerOf } from "../shared/owner.ts";
import { isPodReady, isPodTerminal, podCondition } from "../shared/pods.ts";
import { type BudgetStatus, countHealthy, EVICTION_TIMEOUT_MS, expectations, needsScale, pendingDisruptions } from "./expected.ts";
import { ScaleFinder } from "./scale-finder.ts";
import { budgetStatus, failedStatus, sameBudgetStatus, selectorText } from "./status.ts";

/** Queue keys that are pods and not budgets. */
const POD = "pod:";
/** How soon a budget whose scale is only known by asking is looked at again: no event tells of it. */
const SCALE_RECHECK_MS = 30_000;

/** Says for each PodDisruptionBudget how many of its pods may be evicted now. */
export class DisruptionController implements Controller {
  readonly name = "disruption-controller";
  readonly #context: ControllerContext;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  readonly #scales: ScaleFinder;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#budgets = context.informers.get(poddisruptionbudgets);
    this.#pods = context.informers.get(pods);
    const sets = context.informers.get(replicasets);
    this.#scales = new ScaleFinder(context.client, context.clock, sets);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => (key.startsWith(POD) ? this.#reconcilePod(key.slice(POD.length)) : this.#reconcile(key)) });
    const enqueue = (budget: PodDisruptionBudget) => this.#loop.queue.add(keyOf(budget));
    this.#budgets.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#pods.addHandler({
      add: (pod) => this.#onPod(pod),
      update: (pod, old) => {
        if (!semanticEqual(pod.metadata.labels, old.metadata.labels)) this.#enqueueBudgetsOf(old);
        if (sign(pod) !== sign(old)) this.#onPod(pod);
      },
      delete: (pod) => this.#enqueueBudgetsOf(pod),
    });
    sets.addHandler({ update: (set, old) => (set.spec?.replicas !== old.spec?.replicas ? this.#enqueueNamespace(set.metadata.namespace) : undefined) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #onPod(pod: Pod): void {
    this.#enqueueBudgetsOf(pod);
    if (podCondition(pod, "DisruptionTarget")?.status === "True") this.#loop.queue.add(POD + keyOf(pod));
  }

  #enqueueBudgetsOf(pod: Pod): void {
    for (const budget of this.#budgets.list(pod.metadata.namespace)) if (matcherOf(budget.spec?.selector).matches(pod.metadata.labels)) this.#loop.queue.add(keyOf(budget));
  }

  #enqueueNamespace(namespace: string | undefined): void {
    for (const budget of this.#budgets.list(namespace)) this.#loop.queue.add(keyOf(budget));
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const budget = this.#budgets.get(key);
    if (budget === undefined) return undefined;
    try {
      return await this.#sync(budget);
    } catch (error) {
      if (isReason(error, "Conflict") || isReason(error, "NotFound")) throw error;
      await this.#write(budget, failedStatus(budget, error instanceof Error ? error.message : String(error), this.#context.clock.now_ms()));
      throw error;
    }
  }

  async #sync(budget: PodDisruptionBudget): Promise<ReconcileResult> {
    const now_ms = this.#context.clock.now_ms();
    const selector = matcherOf(budget.spec?.selector);
    const covered = this.#pods.list(budget.metadata.namespace).filter((pod) => selector.matches(pod.metadata.labels));
    if (covered.length === 0) this.#tell(budget, "Normal", "NoPods", "No matching pods found");
    const { scale, unmanaged } = needsScale(budget) ? await this.#scales.find(covered) : { scale: 0, unmanaged: [] };
    if (unmanaged.length > 0) this.#warnUnmanaged(budget);
    const { disrupted, expired, next_ms } = pendingDisruptions(budget, covered, now_ms);
    for (const pod of expired) this.#context.events.event(pod, { type: "Warning", reason: "NotDeleted", message: `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't` });
    const { expected, desired } = expectations(budget, covered.length, scale);
    await this.#write(budget, budgetStatus(budget, { healthy: countHealthy(covered, disrupted), desired, expected }, disrupted, now_ms));
    const asked = needsScale(budget) && covered.some((pod) => controllerOf(pod)?.kind !== "ReplicaSet") ? SCALE_RECHECK_MS : undefined;
    const again_ms = Math.min(next_ms ?? Number.POSITIVE_INFINITY, asked ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(again_ms) ? { requeueAfter_ms: again_ms } : undefined;
  }

  async #write(budget: PodDisruptionBudget, status: BudgetStatus): Promise<void> {
    if (!sameBudgetStatus(budget.status, status)) await this.#context.client.update(poddisruptionbudgets, { ...budget, status }, { subresource: "status" });
  }

  /** A pod that was to be disrupted but still stands after a while is not any more. */
  async #reconcilePod(key: string): Promise<ReconcileResult> {
    const pod = this.#pods.get(key);
    const target = pod && podCondition(pod, "DisruptionTarget");
    if (pod === undefined || target?.status !== "True" || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
    const left_ms = Date.parse(target.lastTransitionTime ?? "") + EVICTION_TIMEOUT_MS - this.#context.clock.now_ms();
    if (left_ms > 0) return { requeueAfter_ms: left_ms };
    const cleared = { type: "DisruptionTarget", status: "False", lastTransitionTime: rfc3339(this.#context.clock.now_ms()) };
    const conditions = (pod.status?.conditions ?? []).map((condition) => (condition.type === "DisruptionTarget" ? cleared : condition));
    await this.#context.client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: "status" });
    return undefined;
  }

  #warnUnmanaged(budget: PodDisruptionBudget): void {
    const message =
      `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, ` +
      'which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
    this.#tell(budget, "Warning", "UnmanagedPods", message);
  }

  #tell(budget: PodDisruptionBudget, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#context.events.event(budget, { type, reason, message });
  }
}

/** What of a pod its budgets depend on. */
function sign(pod: Pod): string {
  const { metadata, status } = pod;
  return JSON.stringify([metadata.labels, metadata.deletionTimestamp !== undefined, isPodReady(pod), status?.phase, controllerOf(pod)?.uid, podCondition(pod, "DisruptionTarget")?.status]);
}
