import { compareQuantities } from "../../api/quantity.ts";
import { resourceOfName } from "../../api/quota/usage.ts";
import { persistentvolumeclaims, pods, resourcequotas, services } from "../../api/resources.ts";
import type { ApiObject, ResourceQuota } from "../../api/wire.ts";
import type { DiscoveredResource } from "../../client/discovery.ts";
import { discoverResources } from "../../client/discovery.ts";
import { type Informer, keyOf, splitKey } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { semanticEqual } from "../shared/equal.ts";
import { isPodTerminal } from "../shared/pods.ts";
import { usedBy } from "./used.ts";

/** Everything is counted anew now and then, for what no event told. */
const RESYNC_MS = 5 * 60_000;
/** A quota's use is lowered only when nobody has charged it for so long: what was charged a moment ago may not have been created yet. */
const SETTLED_AFTER_MS = 1_000;

/** Keeps each ResourceQuota's status: what is allowed, and what is used. Creations are charged by admission; this finds what goes. */
export class ResourceQuotaController implements Controller {
  readonly name = "resourcequota-controller";
  readonly #context: ControllerContext;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #loop: ReconcileLoop;
  /** Resources whose deletions are listened to, by `resource.group`. */
  readonly #watched = new Set<string>();
  /** When each quota was first seen as it is. */
  readonly #seen = new Map<string, { version: string; at_ms: number }>();
  #resources: readonly DiscoveredResource[] = [];

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#quotas = context.informers.get(resourcequotas);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 4, reconcile: (key, signal) => this.#reconcile(key, signal) });
    this.#quotas.addHandler({
      add: (quota) => this.#loop.queue.add(keyOf(quota)),
      update: (quota, old) => {
        if (!semanticEqual(quota.spec, old.spec)) this.#loop.queue.add(keyOf(quota));
      },
      delete: (quota) => this.#seen.delete(keyOf(quota)),
    });
    const onGone = (object: ApiObject) => this.#enqueue(object.metadata.namespace);
    context.informers.get(pods).addHandler({
      update: (pod, old) => {
        if (isPodTerminal(pod) && !isPodTerminal(old)) onGone(pod);
      },
      delete: onGone,
    });
    context.informers.get(services).addHandler({ update: (service, old) => (semanticEqual(service.spec, old.spec) ? undefined : onGone(service)), delete: onGone });
    context.informers.get(persistentvolumeclaims).addHandler({ delete: onGone });
    for (const { resource } of [pods, services, persistentvolumeclaims]) this.#watched.add(`${resource}.`);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  #enqueue(namespace: string | undefined): void {
    for (const quota of this.#quotas.list(namespace)) this.#loop.queue.add(keyOf(quota));
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { client, clock } = this.#context;
    const { namespace = "", name } = splitKey(key);
    if (this.#quotas.get(key) === undefined) return undefined;
    const quota = await client.get(resourcequotas, { namespace, name });
    if (quota.metadata.deletionTimestamp !== undefined) return undefined;
    await this.#listen(quota, signal);
    const used = await usedBy(quota, (group, resource) => this.#list(group, resource, namespace, signal));
    const status = { hard: { ...quota.spec?.hard }, used };
    if (semanticEqual(quota.status, status)) return { requeueAfter_ms: RESYNC_MS };
    const wait_ms = lowers(quota.status?.used, used) ? this.#settlesIn_ms(key, quota.metadata.resourceVersion ?? "", clock.monotonic_ms()) : 0;
    if (wait_ms > 0) return { requeueAfter_ms: wait_ms };
    await client.update(resourcequotas, { ...quota, status }, { subresource: "status" });
    return { requeueAfter_ms: RESYNC_MS };
  }

  /** How long until the quota has been as it is for long enough. */
  #settlesIn_ms(key: string, version: string, now_ms: number): number {
    const seen = this.#seen.get(key);
    if (seen?.version === version) return Math.max(0, seen.at_ms + SETTLED_AFTER_MS - now_ms);
    this.#seen.set(key, { version, at_ms: now_ms });
    return SETTLED_AFTER_MS;
  }

  /** Hears of deletions of what the quota counts. */
  async #listen(quota: ResourceQuota, signal: AbortSignal): Promise<void> {
    for (const name of Object.keys(quota.spec?.hard ?? {})) {
      const { group, resource } = resourceOfName(name);
      const id = `${resource}.${group}`;
      if (this.#watched.has(id)) continue;
      const found = await this.#find(group, resource, signal);
      if (found === undefined) continue;
      this.#watched.add(id);
      this.#context.informers.metadata(found).addHandler({ delete: (object) => this.#enqueue(object.metadata.namespace) });
    }
  }

  async #list(group: string, resource: string, namespace: string, signal: AbortSignal): Promise<readonly ApiObject[] | undefined> {
    const found = await this.#find(group, resource, signal);
    if (found === undefined) return undefined;
    const whole = group === "" && (resource === "pods" || resource === "services" || resource === "persistentvolumeclaims");
    return (await this.#context.client.list(found, { namespace, metadataOnly: !whole }, signal)).items;
  }

  /** Something may have been defined since discovery was last read. */
  async #find(group: string, resource: string, signal: AbortSignal): Promise<DiscoveredResource | undefined> {
    const of = () => this.#resources.find((one) => one.group === group && one.resource === resource && one.namespaced && one.verbs.includes("list"));
    if (of() === undefined) this.#resources = (await discoverResources(this.#context.client, signal)).resources;
    return of();
  }
}

function lowers(before: Readonly<Record<string, string>> | undefined, after: Readonly<Record<string, string>>): boolean {
  return Object.entries(after).some(([name, amount]) => before?.[name] !== undefined && compareQuantities(amount, before[name]) < 0);
}
