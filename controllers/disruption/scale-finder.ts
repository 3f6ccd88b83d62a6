import type { Resource } from "../../api/resources.ts";
import type { ApiObject, OwnerReference, Pod, ReplicaSet } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import { type DiscoveredResource, discoverResources } from "../../client/discovery.ts";
import type { Informer } from "../../client/informer.ts";
import type { Clock } from "../../lib/clock.ts";
import { controllerOf } from "../shared/owner.ts";

const DISCOVERY_LIFETIME_MS = 30_000;

export interface FoundScale {
  /** What all controllers of the pods want altogether. */
  readonly scale: number;
  /** Pods that no controller manages. */
  readonly unmanaged: readonly string[];
}

/** Finds how many pods the controllers of some pods want: a ReplicaSet's Deployment, or the `scale` of whatever kind owns them. */
export class ScaleFinder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #sets: Informer<ReplicaSet>;
  #discovered: { at_ms: number; kinds: Promise<ReadonlyMap<string, DiscoveredResource>> } | undefined;

  constructor(client: Client, clock: Clock, sets: Informer<ReplicaSet>) {
    this.#client = client;
    this.#clock = clock;
    this.#sets = sets;
  }

  /** @throws Error when a controller has no scale, ApiError | ConnectionError */
  async find(pods: readonly Pod[]): Promise<FoundScale> {
    const scales = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner === undefined) unmanaged.push(pod.metadata.name ?? "");
      else if (!scales.has(owner.uid)) await this.#addScale(scales, pod.metadata.namespace ?? "", owner);
    }
    return { scale: [...new Map([...scales].filter(([uid]) => !uid.startsWith("via:"))).values()].reduce((sum, scale) => sum + scale, 0), unmanaged };
  }

  /** Adds the scale of the outermost controller under its uid; a controller on the way is remembered, so that it is looked up once. */
  async #addScale(scales: Map<string, number>, namespace: string, owner: OwnerReference): Promise<void> {
    if (scales.has(`via:${owner.uid}`)) return;
    if (owner.kind === "ReplicaSet" && owner.apiVersion.startsWith("apps/")) {
      const set = this.#sets.get(`${namespace}/${owner.name}`);
      // Gone or another one: it wants nothing any more.
      if (set === undefined || set.metadata.uid !== owner.uid) return;
      const outer = controllerOf(set);
      scales.set(`via:${owner.uid}`, 0);
      if (outer === undefined) scales.set(owner.uid, set.spec?.replicas ?? 1);
      else if (!scales.has(outer.uid)) await this.#addByScale(scales, namespace, outer);
      return;
    }
    await this.#addByScale(scales, namespace, owner);
  }

  async #addByScale(scales: Map<string, number>, namespace: string, owner: OwnerReference): Promise<void> {
    const group = owner.apiVersion.includes("/") ? owner.apiVersion.slice(0, owner.apiVersion.indexOf("/")) : "";
    const resource = (await this.#kinds()).get(`${group}/${owner.kind}`);
    if (resource === undefined || !resource.subresources.includes("scale")) throw new Error(`${owner.kind}.${group} does not implement the scale subresource`);
    try {
      const scale = await this.#client.get(resource as Resource<ApiObject>, { namespace, name: owner.name }, { subresource: "scale" });
      if (scale.metadata.uid === undefined || scale.metadata.uid === owner.uid) scales.set(owner.uid, (scale as { spec?: { replicas?: number } }).spec?.replicas ?? 0);
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }

  #kinds(): Promise<ReadonlyMap<string, DiscoveredResource>> {
    const now_ms = this.#clock.monotonic_ms();
    if (this.#discovered === undefined || now_ms - this.#discovered.at_ms > DISCOVERY_LIFETIME_MS) {
      const kinds = discoverResources(this.#client).then(({ resources }) => new Map(resources.map((resource) => [`${resource.group}/${resource.kind}`, resource])));
      kinds.catch(() => {
        this.#discovered = undefined;
      });
      this.#discovered = { at_ms: now_ms, kinds };
    }
    return this.#discovered.kinds;
  }
}

