import { namespaces, serviceaccounts } from "../../api/resources.ts";
import type { Namespace, ServiceAccount } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";

const NAME = "default";

/** Sees that every active namespace has the ServiceAccount `default`. */
export class ServiceAccountController implements Controller {
  readonly name = "service-account-controller";
  readonly #context: ControllerContext;
  readonly #namespaces: Informer<Namespace>;
  readonly #accounts: Informer<ServiceAccount>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#namespaces = context.informers.get(namespaces);
    this.#accounts = context.informers.get(serviceaccounts);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (namespace: Namespace) => this.#loop.queue.add(namespace.metadata.name ?? "");
    this.#namespaces.addHandler({ add: enqueue, update: enqueue });
    this.#accounts.addHandler({ delete: (account) => (account.metadata.name === NAME ? this.#loop.queue.add(account.metadata.namespace ?? "") : undefined) });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(namespace: string): Promise<ReconcileResult> {
    if (this.#namespaces.get(namespace)?.status?.phase !== "Active" || this.#accounts.get(`${namespace}/${NAME}`) !== undefined) return undefined;
    try {
      await this.#context.client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: NAME, namespace } });
    } catch (error) {
      if (!isReason(error, "AlreadyExists") && !isReason(error, "NotFound") && !isNamespaceTerminating(error)) throw error;
    }
    return undefined;
  }
}
