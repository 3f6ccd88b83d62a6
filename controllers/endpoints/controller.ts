import { endpoints, pods, services } from "../../api/resources.ts";
import { matcherOfLabels } from "../../api/selector/labels.ts";
import type { Endpoints, Pod, Service } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import { type Informer, keyOf, splitKey } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";
import { endpointsSign } from "./service-pods.ts";
import { endpointSubsets } from "./subsets.ts";
import { TRIGGER_TIME, TriggerTimes } from "./trigger-times.ts";

const CONCURRENCY = 5;
const HEADLESS = "service.kubernetes.io/headless";
const MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
const LEADER = "control-plane.alpha.kubernetes.io/leader";

/** Keeps the Endpoints of each Service that has a selector. */
export class EndpointsController implements Controller {
  readonly name = "endpoint-controller";
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #endpoints: Informer<Endpoints>;
  readonly #loop: ReconcileLoop;
  /** Services whose deletion we saw: their Endpoints go too, also those that a user wrote. */
  readonly #serviceGone = new Set<string>();
  readonly #triggerTimes = new TriggerTimes();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#services = context.informers.get(services);
    this.#pods = context.informers.get(pods);
    this.#endpoints = context.informers.get(endpoints);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (service: Service) => {
      this.#serviceGone.delete(keyOf(service));
      this.#loop.queue.add(keyOf(service));
    };
    this.#services.addHandler({
      add: enqueue,
      update: enqueue,
      delete: (service) => {
        this.#serviceGone.add(keyOf(service));
        this.#loop.queue.add(keyOf(service));
      },
    });
    this.#pods.addHandler({
      add: (pod) => this.#enqueueServicesOf(pod),
      update: (pod, old) => {
        if (endpointsSign(pod) === endpointsSign(old)) return;
        this.#enqueueServicesOf(pod);
        if (!semanticEqual(pod.metadata.labels, old.metadata.labels)) this.#enqueueServicesOf(old);
      },
      delete: (pod) => this.#enqueueServicesOf(pod),
    });
    const enqueueOf = (object: Endpoints) => this.#loop.queue.add(keyOf(object));
    this.#endpoints.addHandler({ add: enqueueOf, update: enqueueOf, delete: enqueueOf });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #enqueueServicesOf(pod: Pod): void {
    for (const service of this.#services.list(pod.metadata.namespace)) {
      const selector = service.spec?.selector;
      if (selector !== undefined && matcherOfLabels(selector).matches(pod.metadata.labels)) this.#loop.queue.add(keyOf(service));
    }
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const service = this.#services.get(key);
    const current = this.#endpoints.get(key);
    if (service === undefined) {
      if (current !== undefined && (isOurs(current) || this.#serviceGone.has(key))) await this.#delete(current);
      this.#serviceGone.delete(key);
      this.#triggerTimes.forget(key);
      return undefined;
    }
    const { selector, type } = service.spec ?? {};
    // Without a selector they are the user's; an ExternalName has none.
    if (!selector || Object.keys(selector).length === 0 || type === "ExternalName") return undefined;
    const matcher = matcherOfLabels(selector);
    const members = this.#pods.list(service.metadata.namespace).filter((pod) => matcher.matches(pod.metadata.labels));
    const wanted = wantedEndpoints(service, current, members, this.#triggerTimes.next(service, members));
    if (current !== undefined && semanticEqual(current.subsets, wanted.subsets) && sameMetadata(current, wanted)) return undefined;
    await this.#write(current, wanted);
    return undefined;
  }

  async #write(current: Endpoints | undefined, wanted: Endpoints): Promise<void> {
    const { client } = this.#context;
    try {
      await (current === undefined ? client.create(endpoints, wanted) : client.update(endpoints, wanted));
    } catch (error) {
      if (current === undefined && isNamespaceTerminating(error)) return;
      const { namespace, name } = splitKey(keyOf(wanted));
      if (!isReason(error, "Conflict") && !isReason(error, "AlreadyExists")) {
        const service = this.#services.get(keyOf(wanted));
        const text = error instanceof Error ? error.message : String(error);
        if (service !== undefined) this.#context.events.event(service, { type: "Warning", reason: "FailedToUpdateEndpoint", message: `Failed to update endpoint ${namespace}/${name}: ${text}` });
      }
      throw error;
    }
  }

  async #delete(object: Endpoints): Promise<void> {
    const { namespace, name = "", uid } = object.metadata;
    try {
      await this.#context.client.delete(endpoints, { namespace, name }, uid === undefined ? {} : { preconditions: { uid } });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }
}

/** As they should be. `time`: of what they were changed for, if anything new. */
function wantedEndpoints(service: Service, current: Endpoints | undefined, members: readonly Pod[], time: string | undefined): Endpoints {
  const { name = "", namespace = "", labels: serviceLabels } = service.metadata;
  const { subsets, truncated } = endpointSubsets(service, members);
  const { [HEADLESS]: _headless, ...labels }: Record<string, string> = { ...serviceLabels, [MANAGED_BY]: "endpoint-controller" };
  const { [OVER_CAPACITY]: _capacity, [TRIGGER_TIME]: _time, ...annotations } = current?.metadata.annotations ?? {};
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      ...current?.metadata,
      name,
      namespace,
      labels: isHeadless(service) ? { ...labels, [HEADLESS]: "" } : labels,
      annotations: { ...annotations, ...(time ? { [TRIGGER_TIME]: time } : {}), ...(truncated ? { [OVER_CAPACITY]: "truncated" } : {}) },
    },
    subsets,
  };
}

function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === "None" || (!service.spec?.clusterIP && service.spec?.type === "ExternalName");
}

/** Not the API server's own (`default/kubernetes` has no selector, but a Service of it), not a leader's lock, and made by us. */
function isOurs(object: Endpoints): boolean {
  return object.metadata.labels?.[MANAGED_BY] === "endpoint-controller" && object.metadata.annotations?.[LEADER] === undefined;
}

/** But for the time, which alone is not written. */
function sameMetadata(a: Endpoints, b: Endpoints): boolean {
  return semanticEqual(a.metadata.labels, b.metadata.labels) && a.metadata.annotations?.[OVER_CAPACITY] === b.metadata.annotations?.[OVER_CAPACITY];
}
