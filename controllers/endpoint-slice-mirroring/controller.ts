import { endpoints, endpointslices, services } from "../../api/resources.ts";
import type { EndpointSlice, Endpoints, Service } from "../../api/wire.ts";
import { type Informer, keyOf } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { byService, MANAGED_BY, SERVICE_INDEX, SERVICE_NAME } from "../endpoint-slice/controller.ts";
import type { Family } from "../endpoint-slice/desired.ts";
import { planSlices } from "../endpoint-slice/reconcile.ts";
import { type SliceTemplate, SliceWriter } from "../endpoint-slice/slice-writer.ts";
import { TRIGGER_TIME } from "../endpoints/trigger-times.ts";
import { semanticEqual } from "../shared/equal.ts";
import { controllerRef } from "../shared/owner.ts";
import { isNamespaceTerminating } from "../shared/pod-control.ts";
import { WriteTracker } from "../shared/write-tracker.ts";
import { MAX_PER_SUBSET, mirroredGroups } from "./desired.ts";

const MANAGER = "endpointslicemirroring-controller.k8s.io";
const SKIP = "endpointslice.kubernetes.io/skip-mirror";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const LEADER = "control-plane.alpha.kubernetes.io/leader";
const FAMILIES: readonly Family[] = ["IPv4", "IPv6"];
const UNSETTLED_MS = 1000;

/** Writes EndpointSlices for Endpoints that users keep themselves (of Services without a selector). */
export class EndpointSliceMirroringController implements Controller {
  readonly name = "endpoint-slice-mirroring-controller";
  readonly #endpoints: Informer<Endpoints>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #writes: WriteTracker<EndpointSlice>;
  readonly #writer: SliceWriter;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext) {
    this.#endpoints = context.informers.get(endpoints);
    this.#services = context.informers.get(services);
    this.#slices = context.informers.get(endpointslices);
    this.#slices.addIndex(SERVICE_INDEX, byService);
    this.#writes = new WriteTracker(this.#slices);
    this.#writer = new SliceWriter(context, this.#writes);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 5, reconcile: (key) => this.#reconcile(key) });
    const enqueue = (object: Endpoints | Service) => this.#loop.queue.add(keyOf(object));
    this.#endpoints.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    this.#services.addHandler({ add: enqueue, update: enqueue, delete: enqueue });
    const enqueueOf = (slice: EndpointSlice) => {
      if (slice.metadata.labels?.[MANAGED_BY] === MANAGER) for (const key of byService(slice)) this.#loop.queue.add(key);
    };
    this.#slices.addHandler({ add: enqueueOf, update: enqueueOf, delete: enqueueOf });
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    if (!this.#writes.settled(key)) return { requeueAfter_ms: UNSETTLED_MS };
    const source = this.#source(key);
    const existing = this.#slices.byIndex(SERVICE_INDEX, key).filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER && slice.metadata.deletionTimestamp === undefined);
    if (source === undefined && existing.length === 0) return undefined;
    try {
      for (const family of FAMILIES) {
        const template = templateOf(key, source, family);
        const desired = source === undefined ? new Map() : mirroredGroups(source, family);
        const slices = existing.filter((slice) => slice.addressType === family);
        // Nothing to say is said by no slice at all.
        const plan = desired.size === 0 ? { create: [], update: [], remove: slices } : planSlices(desired, slices, (slice) => differs(slice, template), MAX_PER_SUBSET);
        await this.#writer.apply(plan, template);
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      throw error;
    }
    return undefined;
  }

  /** The Endpoints to mirror: a user's, not a leader's lock, of a Service without a selector. */
  #source(key: string): Endpoints | undefined {
    const source = this.#endpoints.get(key);
    const service = this.#services.get(key);
    if (source === undefined || source.metadata.deletionTimestamp !== undefined || service === undefined || Object.keys(service.spec?.selector ?? {}).length > 0) return undefined;
    const { labels, annotations } = source.metadata;
    return labels?.[SKIP] === "true" || annotations?.[LEADER] !== undefined ? undefined : source;
  }
}

function differs({ metadata }: EndpointSlice, template: SliceTemplate): boolean {
  return !semanticEqual(metadata.labels, template.labels) || !semanticEqual(metadata.annotations ?? {}, template.annotations({}));
}

function templateOf(key: string, source: Endpoints | undefined, family: Family): SliceTemplate {
  const slash = key.indexOf("/");
  const { [TRIGGER_TIME]: _time, [LAST_APPLIED]: _applied, ...annotations } = source?.metadata.annotations ?? {};
  const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
  return {
    owner: key,
    namespace,
    prefix: `${name}-`,
    addressType: family,
    labels: { ...source?.metadata.labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
    annotations: () => annotations,
    ownerReferences: source === undefined ? [] : [controllerRef(source, endpoints)],
  };
}
