import { jobs } from "../../api/resources.ts";
import type { Job } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { conditionOf } from "./outcome.ts";

/** Deletes finished Jobs when their ttlSecondsAfterFinished are over. */
export class TtlAfterFinishedController implements Controller {
  readonly name = "ttl-after-finished-controller";
  readonly #context: ControllerContext;
  readonly #jobs: Informer<Job>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#jobs = context.informers.get(jobs);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (job: Job) => {
      if (expiry_ms(job) !== undefined) this.#loop.queue.add(keyOf(job));
    };
    this.#jobs.addHandler({ add: enqueue, update: enqueue });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const cached = this.#jobs.get(key);
    if (cached === undefined || cached.metadata.deletionTimestamp !== undefined) return undefined;
    const left_ms = (expiry_ms(cached) ?? Number.POSITIVE_INFINITY) - this.#context.clock.now_ms();
    if (left_ms > 0) return Number.isFinite(left_ms) ? { requeueAfter_ms: left_ms } : undefined;
    const { namespace, name = "" } = cached.metadata;
    try {
      // The time to live may have been changed a moment ago.
      const job = await this.#context.client.get(jobs, { namespace, name });
      const { uid = "", resourceVersion = "" } = job.metadata;
      if ((expiry_ms(job) ?? Number.POSITIVE_INFINITY) > this.#context.clock.now_ms()) return undefined;
      await this.#context.client.delete(jobs, { namespace, name }, { propagationPolicy: "Foreground", preconditions: { uid, resourceVersion } });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
    return undefined;
  }
}

/** When a finished job is to go; undefined for one that is not finished or stays. */
function expiry_ms(job: Job): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec ?? {};
  const finished = (conditionOf(job, "Complete") ?? conditionOf(job, "Failed"))?.lastTransitionTime;
  return ttlSecondsAfterFinished === undefined || finished === undefined ? undefined : Date.parse(finished) + ttlSecondsAfterFinished * 1000;
}
