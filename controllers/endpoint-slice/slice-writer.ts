import { endpointslices } from "../../api/resources.ts";
import type { EndpointSlice } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import { keyOf } from "../../client/informer.ts";
import { nameSuffix } from "../../lib/random.ts";
import type { ControllerContext } from "../controller.ts";
import type { WriteTracker } from "../shared/write-tracker.ts";
import type { SlicePlan } from "./reconcile.ts";

/** Longest part of a name before the random suffix. */
const MAX_NAME_BASE = 247;

type Annotations = Readonly<Record<string, string>>;

/** What all slices of a plan have in common. */
export interface SliceTemplate {
  /** `namespace/name` of the Service: whose writes they are. */
  readonly owner: string;
  readonly namespace: string;
  /** Start of generated names. */
  readonly prefix: string;
  readonly addressType: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations of a slice that is written, from those that it has. */
  annotations(held: Annotations): Annotations;
  readonly ownerReferences: NonNullable<EndpointSlice["metadata"]["ownerReferences"]>;
}

/** Carries plans out and remembers what was written until the cache shows it. */
export class SliceWriter {
  readonly #context: Pick<ControllerContext, "client" | "random">;
  readonly #writes: WriteTracker<EndpointSlice>;

  constructor(context: Pick<ControllerContext, "client" | "random">, writes: WriteTracker<EndpointSlice>) {
    this.#context = context;
    this.#writes = writes;
  }

  async apply(plan: SlicePlan, template: SliceTemplate): Promise<void> {
    const { client } = this.#context;
    for (const { slice, endpoints } of plan.update) {
      const metadata = { ...slice.metadata, labels: { ...template.labels }, annotations: template.annotations(slice.metadata.annotations ?? {}) };
      this.#wrote(template, await client.update(endpointslices, { ...slice, metadata, endpoints: [...endpoints] }));
    }
    for (const { ports, endpoints } of plan.create) {
      const name = `${template.prefix.slice(0, MAX_NAME_BASE)}${nameSuffix(this.#context.random)}`;
      const metadata = { name, generateName: template.prefix, namespace: template.namespace, labels: { ...template.labels }, annotations: template.annotations({}), ownerReferences: template.ownerReferences };
      const slice: EndpointSlice = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata, addressType: template.addressType, endpoints: [...endpoints], ports: [...ports] };
      this.#wrote(template, await client.create(endpointslices, slice));
    }
    for (const slice of plan.remove) await this.#remove(client, slice, template.owner);
  }

  #wrote({ owner }: SliceTemplate, slice: EndpointSlice): void {
    this.#writes.wrote(owner, keyOf(slice), slice);
  }

  async #remove(client: Client, slice: EndpointSlice, owner: string): Promise<void> {
    const { namespace, name = "", uid = "" } = slice.metadata;
    try {
      await client.delete(endpointslices, { namespace, name }, { preconditions: { uid } });
      this.#writes.deleted(owner, keyOf(slice), uid);
    } catch (error) {
      if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
    }
  }
}
