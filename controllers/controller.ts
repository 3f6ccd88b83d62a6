import type { Client } from "../client/client.ts";
import { ConnectionError, isReason } from "../client/client.ts";
import type { EventRecorder } from "../client/event-recorder.ts";
import type { InformerSet } from "../client/informer-set.ts";
import { createWorkQueue, type ReconcileResult, type WorkQueue } from "../client/work-queue.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";

/** What a controller is given: its own identity's client, the caches that all controllers share, and time. */
export interface ControllerContext {
  readonly client: Client;
  readonly informers: InformerSet;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** It asks for its informers and adds its handlers when it is made; `run` is called once they are synced. */
export interface Controller {
  readonly name: string;
  /** Acts until `signal` aborts; resolves when nothing of it is under way any more. */
  run(signal: AbortSignal): Promise<void>;
}

export type ControllerFactory = (context: ControllerContext) => Controller;

/** A queue of keys and the loop that reconciles them. Errors are logged and the key comes again with backoff. */
export class ReconcileLoop {
  readonly queue: WorkQueue<string>;
  readonly #context: ControllerContext;
  readonly #options: { name: string; concurrency: number; reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> };

  constructor(context: ControllerContext, options: { name: string; concurrency: number; reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> }) {
    this.#context = context;
    this.#options = options;
    this.queue = createWorkQueue({ clock: context.clock, random: context.random });
  }

  run(signal: AbortSignal): Promise<void> {
    const { concurrency, name, reconcile } = this.#options;
    const onError = (key: string, error: unknown) => {
      // Somebody else wrote first or deleted it, or the server is away: ordinary, the next try sees the new state.
      const ordinary = isReason(error, "Conflict") || isReason(error, "NotFound") || error instanceof ConnectionError;
      this.#context.logger[ordinary ? "debug" : "warn"]({ controller: name, key, error: String(error) }, "reconcile failed; trying again");
    };
    return this.queue.run({ concurrency, signal, reconcile, onError });
  }
}
