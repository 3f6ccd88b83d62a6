import { endpointslices, nodes, pods, services } from "../../api/resources.ts";
import { matcherOfLabels } from "../../api/selector/labels.ts";
import type { EndpointSlice, Node, Pod, Service } from "../../api/wire.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { endpointsSign } from "../endpoints/service-pods.ts";
import { TRIGGER_TIME, TriggerTimes } from "../endpoints/trigger-times.ts";
import { semanticEqual } from "../shared/equal.ts";
import { controllerRef } from "../shared/owner.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";
import { WriteTracker } from "../shared/write-tracker.ts";
import { desiredGroups, type Family, familiesOf } from "./desired.ts";
import { planSlices } from "./reconcile.ts";
import { type SliceTemplate, SliceWriter } from "./slice-writer.ts";

const MANAGER = "endpointslice-controller.k8s.io";
export const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
export const SERVICE_NAME = "kubernetes.io/service-name";
const HEADLESS = "service.kubernetes.io/headless";
const RESERVED = new Set([MANAGED_BY, SERVICE_NAME, HEADLESS]);
export const SERVICE_INDEX = "service";
const UNSETTLED_MS = 1000;

/** `namespace/service` of a slice, for SERVICE_INDEX. */
export function byService(slice: EndpointSlice): readonly string[] {
  const service = slice.metadata.labels?.[SERVICE_NAME];
  return service === undefined ? [] : [`${slice.metadata.namespace}/${service}`];
}

/** Keeps the EndpointSlices of each Service that has a selector. */
export class EndpointSliceController implements Controller {
  readonly name = "endpoint-slice-controller";
  readonly #services: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #writes: WriteTracker<EndpointSlice>;
  readonly #writer: SliceWriter;
  readonly #triggerTimes = new TriggerTimes();
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#services = context.informers.get(services);
    this.#pods = context.informers.get(pods);
    this.#nodes = context.informers.get(nodes);
    this.#slices = context.informers.get(endpointslices);
    this.#slices.addIndex(SERVICE_INDEX, byService);
    this.#writes = new WriteTracker(this.#slices);
    this.#writer = new SliceWriter(context, this.#writes);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 5, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (service: Service) => this.#loop.queue.add(keyOf(service));
    this.#services.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#pods.addHandler({
      add: (pod) => this.#enqueueServicesOf(pod),
      update: (pod, old) => {
        if (endpointsSign(pod) === endpointsSign(old)) return;
        this.#enqueueServicesOf(pod);
        if (!semanticEqual(pod.metadata.labels, old.metadata.labels)) this.#enqueueServicesOf(old);
      },
      delete: (pod) => this.#enqueueServicesOf(pod),
    });
    const enqueueOf = (slice: EndpointSlice) => {
      if (slice.metadata.labels?.[MANAGED_BY] === MANAGER) for (const key of byService(slice)) this.#loop.queue.add(key);
    };
    this.#slices.addHandler({
      add: enqueueOf,
      update: (slice, old) => {
        enqueueOf(slice);
        enqueueOf(old);
      },
      delete: enqueueOf,
    });
    this.#nodes.addHandler({ add: (node) => this.#enqueueServicesOn(node), update: (node, old) => (zoneOf(node) === zoneOf(old) ? undefined : this.#enqueueServicesOn(node)) });
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

  /** Its pods may have been left out, or have another zone now. */
  #enqueueServicesOn(node: Node): void {
    for (const pod of this.#pods.list()) if (pod.spec?.nodeName === node.metadata.name) this.#enqueueServicesOf(pod);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const service = this.#services.get(key);
    const { selector, type } = service?.spec ?? {};
    if (service === undefined) {
      this.#writes.forget(key);
      this.#triggerTimes.forget(key);
    }
    // Slices of a Service that is gone go with it, by their owner reference.
    if (service === undefined || service.metadata.deletionTimestamp !== undefined || !selector || type === "ExternalName") return undefined;
    if (!this.#writes.settled(key)) return { requeueAfter_ms: UNSETTLED_MS };
    const matcher = matcherOfLabels(selector);
    const members = this.#pods.list(service.metadata.namespace).filter((pod) => matcher.matches(pod.metadata.labels));
    const mine = this.#slices.byIndex(SERVICE_INDEX, key).filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER && slice.metadata.deletionTimestamp === undefined);
    const families = familiesOf(service);
    const time = this.#triggerTimes.next(service, members);
    try {
      for (const family of families) {
        const template = templateOf(service, family, time);
        await this.#reconcileFamily(service, template, members, mine.filter((slice) => slice.addressType === family));
      }
      const others = mine.filter((slice) => !families.includes(slice.addressType as Family));
      await this.#writer.apply({ create: [], update: [], remove: others }, templateOf(service, "IPv4", time));
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      throw error;
    }
    return undefined;
  }

  async #reconcileFamily(service: Service, template: SliceTemplate & { readonly addressType: Family }, members: readonly Pod[], existing: readonly EndpointSlice[]): Promise<void> {
    const desired = desiredGroups(service, members, template.addressType, (name) => this.#nodes.get(name));
    const plan = planSlices(desired, existing, (slice) => !semanticEqual(slice.metadata.labels, template.labels));
    await this.#writer.apply(plan, template);
  }
}

function zoneOf(node: Node): string | undefined {
  return node.metadata.labels?.["topology.kubernetes.io/zone"];
}

/** `time`: of what the slices are changed for, if anything new. */
function templateOf(service: Service, family: Family, time: string | undefined): SliceTemplate & { readonly addressType: Family } {
  const { name = "", namespace = "", labels = {} } = service.metadata;
  const copied = Object.fromEntries(Object.entries(labels).filter(([label]) => !RESERVED.has(label)));
  const headless = service.spec?.clusterIP === "None" ? { [HEADLESS]: "" } : {};
  return {
    owner: keyOf(service),
    namespace,
    prefix: `${name}-`,
    addressType: family,
    labels: { ...copied, ...headless, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
    annotations: ({ [TRIGGER_TIME]: _time, ...held }) => (time === undefined ? held : { ...held, [TRIGGER_TIME]: time }),
    ownerReferences: [controllerRef(service, services)],
  };
}
