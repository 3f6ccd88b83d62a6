import type { Pod } from "../../../api/wire.ts";
import type { Timer } from "../../../lib/clock.ts";
import type { NodeContext } from "../node-context.ts";
import { uidOf } from "../spec.ts";

/** kubelet's: 0.5 s, doubling to about two minutes. */
const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 122_000;
/** A source that could not be read when it changed is read again. */
const REFRESH_RETRY_MS = 10_000;

/** One pod's volumes over its life: set up with backoff, written anew when what they show changes, tokens renewed in time. */
export class VolumeSetup {
  readonly #context: NodeContext;
  #failures = 0;
  #timer: Timer | undefined;
  #isRefreshing = false;
  #isStale = false;
  #isClosed = false;

  constructor(context: NodeContext) {
    this.#context = context;
  }

  /** Never rejects; what fails is said in events. @returns when to try again, if something failed */
  async prepare(pod: Pod): Promise<{ retryAt_ms?: number }> {
    const { volumes, recorder, clock } = this.#context;
    try {
      await volumes.prepare(pod);
      this.#failures = 0;
      this.#scheduleRenewal(() => pod);
      return {};
    } catch (error) {
      const problems = error instanceof AggregateError ? (error.errors as Error[]) : [error as Error];
      for (const problem of problems) recorder.event(pod, { type: "Warning", reason: "FailedMount", message: problem.message });
      const delay_ms = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** Math.min(this.#failures++, 10));
      return { retryAt_ms: clock.now_ms() + delay_ms };
    }
  }

  /** Writes the volumes anew; calls while that goes on make one more round. */
  refresh(pod: () => Pod): void {
    this.#isStale = true;
    if (this.#isRefreshing || this.#isClosed) return;
    this.#isRefreshing = true;
    void this.#refreshAll(pod).finally(() => {
      this.#isRefreshing = false;
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #refreshAll(pod: () => Pod): Promise<void> {
    const { volumes, logger, clock } = this.#context;
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false;
      try {
        await volumes.refresh(pod());
      } catch (error) {
        if (this.#isClosed) return;
        logger.debug({ error: String(error), pod: uidOf(pod()) }, "a pod's volumes could not be updated; trying again");
        this.#timer?.cancel();
        this.#timer = clock.after(REFRESH_RETRY_MS, () => this.refresh(pod), { background: true });
        return;
      }
    }
    this.#scheduleRenewal(pod);
  }

  #scheduleRenewal(pod: () => Pod): void {
    const { clock, volumes } = this.#context;
    this.#timer?.cancel();
    const at_ms = volumes.renewAt(uidOf(pod()));
    if (at_ms === undefined || this.#isClosed) return;
    this.#timer = clock.after(Math.max(0, at_ms - clock.now_ms()), () => this.refresh(pod), { background: true });
  }
}
