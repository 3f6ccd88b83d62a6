import { namespaces, pods } from "../../api/resources.ts";
import type { Namespace } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";
import { deletionConditions, isEmptied } from "./conditions.ts";
import { deleteContent } from "./delete-content.ts";

const CONCURRENCY = 10;
const FINALIZER = "kubernetes";
/** How soon a round that left something without a grace period is repeated; it doubles up to MAX_RETRY_MS. */
const MIN_RETRY_MS = 200;
const MAX_RETRY_MS = 15_000;

/** Deletes all that a deleted namespace holds, then lets it go. */
export class NamespaceController implements Controller {
  readonly name = "namespace-controller";
  readonly #context: ControllerContext;
  readonly #namespaces: Informer<Namespace>;
  readonly #loop: ReconcileLoop;
  /** Rounds in a row that left something. */
  readonly #rounds = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#namespaces = context.informers.get(namespaces);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (key, signal) => this.#reconcile(key, signal) });
    const enqueue = (namespace: Namespace) => {
      if (namespace.metadata.deletionTimestamp !== undefined) this.#loop.queue.add(namespace.metadata.name ?? "");
    };
    this.#namespaces.addHandler({ add: enqueue, update: enqueue, delete: (namespace) => this.#rounds.delete(namespace.metadata.name ?? "") });
    // Pods are what takes longest to go: each one that went may have been the last.
    context.informers.get(pods).addHandler({
      delete: (pod) => {
        const namespace = this.#namespaces.get(pod.metadata.namespace ?? "");
        if (namespace !== undefined && this.#rounds.has(namespace.metadata.name ?? "")) this.#loop.queue.addAfter(namespace.metadata.name ?? "", MIN_RETRY_MS);
      },
    });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(name: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { client } = this.#context;
    const cached = this.#namespaces.get(name);
    if (cached?.metadata.deletionTimestamp === undefined) return undefined;
    let namespace = await client.get(namespaces, { name });
    if (namespace.metadata.uid !== cached.metadata.uid || namespace.metadata.deletionTimestamp === undefined) return undefined;
    if (namespace.status?.phase !== "Terminating") {
      namespace = await client.update(namespaces, { ...namespace, status: { ...namespace.status, phase: "Terminating" } }, { subresource: "status" });
    }
    if (!namespace.spec?.finalizers?.length) return undefined;
    const report = await deleteContent(client, name, signal);
    if (isEmptied(report)) return this.#finalize(namespace);
    const conditions = deletionConditions(namespace.status?.conditions ?? [], report, this.#context.clock.now_ms());
    if (!semanticEqual(namespace.status?.conditions, conditions)) {
      await this.#unlessGone(client.update(namespaces, { ...namespace, status: { phase: "Terminating", conditions } }, { subresource: "status" }));
    }
    return { requeueAfter_ms: this.#retry_ms(name, report.estimate_s) };
  }

  /** Takes our finalizer off; the server removes the namespace when it was the last one. */
  async #finalize(namespace: Namespace): Promise<undefined> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    this.#rounds.delete(namespace.metadata.name ?? "");
    await this.#unlessGone(this.#context.client.update(namespaces, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: "finalize" }));
  }

  async #unlessGone(write: Promise<unknown>): Promise<void> {
    await write.catch((error: unknown) => {
      if (!isReason(error, "NotFound")) throw error;
    });
  }

  #retry_ms(name: string, estimate_s: number): number {
    const rounds = this.#rounds.get(name) ?? 0;
    this.#rounds.set(name, rounds + 1);
    const backoff_ms = Math.min(MIN_RETRY_MS * 2 ** rounds, MAX_RETRY_MS);
    return estimate_s > 0 ? Math.min((estimate_s / 2 + 1) * 1000, MAX_RETRY_MS) : backoff_ms;
  }
}
