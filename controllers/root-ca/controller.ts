import { configmaps, namespaces } from "../../api/resources.ts";
import type { ConfigMap, Namespace } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";

const NAME = "kube-root-ca.crt";
const DESCRIPTION = "kubernetes.io/description";
const TEXT = "CA bundle to verify the API server with, at the addresses that it has inside the cluster.";

/** Sees that every active namespace has the ConfigMap `kube-root-ca.crt` with the cluster's CA bundle. */
export class RootCaController implements Controller {
  readonly name = "root-ca-cert-publisher";
  readonly #context: ControllerContext;
  readonly #bundle: string;
  readonly #namespaces: Informer<Namespace>;
  readonly #configMaps: Informer<ConfigMap>;
  readonly #loop: ReconcileLoop;

  /** `bundle`: PEM. */
  constructor(context: ControllerContext, bundle: string) {
    this.#context = context;
    this.#bundle = bundle;
    this.#namespaces = context.informers.get(namespaces);
    this.#configMaps = context.informers.get(configmaps);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (namespace: Namespace) => this.#loop.queue.add(namespace.metadata.name ?? "");
    const enqueueOf = (map: ConfigMap) => {
      if (map.metadata.name === NAME) this.#loop.queue.add(map.metadata.namespace ?? "");
    };
    this.#namespaces.addHandler({ add: enqueue, update: enqueue });
    this.#configMaps.addHandler({ update: enqueueOf, delete: enqueueOf });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(namespace: string): Promise<ReconcileResult> {
    if (this.#namespaces.get(namespace)?.status?.phase !== "Active") return undefined;
    const current = this.#configMaps.get(`${namespace}/${NAME}`);
    if (current?.data?.["ca.crt"] === this.#bundle && Object.keys(current.data).length === 1 && current.metadata.annotations?.[DESCRIPTION]) return undefined;
    const data = { "ca.crt": this.#bundle };
    const annotations = { [DESCRIPTION]: TEXT, ...current?.metadata.annotations };
    const { client } = this.#context;
    try {
      if (current === undefined) await client.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: NAME, namespace, annotations }, data });
      else await client.update(configmaps, { ...current, metadata: { ...current.metadata, annotations }, data });
    } catch (error) {
      if (isReason(error, "AlreadyExists")) return { requeueAfter_ms: 1000 };
      if (!isReason(error, "NotFound") && !isNamespaceTerminating(error)) throw error;
    }
    return undefined;
  }
}
