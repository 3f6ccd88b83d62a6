import type { ApiObject, OwnerReference } from "../../api/wire.ts";
import { type DeleteOptions, isReason } from "../../client/client.ts";
import type { DiscoveredResource } from "../../client/discovery.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { type CollectPlan, type OwnerState, planCollection } from "./classify.ts";
import { FOREGROUND, fits, type GraphNode, ORPHAN, OwnerGraph } from "./graph.ts";
import { Monitors } from "./monitors.ts";

const CONCURRENCY = 20;
/** Owners verified to be gone that are remembered. */
const MAX_ABSENT = 500;
/** How long the start waits for all kinds to be listed; one that cannot be must not stop the others' collection. */
const SYNC_TIMEOUT_MS = 30_000;

/** An object as the server has it now. */
interface Live {
  readonly node: GraphNode;
  readonly resource: DiscoveredResource;
  readonly object: ApiObject;
}

/**
 * Deletes what lost its owners, by ownerReferences, for every kind that is served: background, foreground and orphan. The graph only says what to
 * look at; each deletion is decided on objects read from the server, and bound to uid and resourceVersion.
 */
export class GarbageCollector implements Controller {
  readonly name = "generic-garbage-collector";
  readonly #context: ControllerContext;
  readonly #graph = new OwnerGraph();
  readonly #monitors: Monitors;
  readonly #loop: ReconcileLoop;
  readonly #absent = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: CONCURRENCY, reconcile: (uid) => this.#reconcile(uid) });
    const enqueue = (uids: readonly string[]) => {
      for (const uid of uids) this.#loop.queue.add(uid);
    };
    this.#monitors = new Monitors(context, {
      observe: (resource, object) => enqueue(this.#graph.observe(resource, object)),
      remove: (_resource, object) => {
        this.#noteAbsent(object.metadata.uid ?? "");
        enqueue(this.#graph.remove(object.metadata.uid ?? ""));
      },
      gone: (resource) => enqueue(this.#graph.removeResource(resource)),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#start(signal);
    await Promise.all([this.#monitors.follow(signal), this.#loop.run(signal)]);
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#context;
    while (!signal.aborted) {
      try {
        await this.#monitors.refresh();
        break;
      } catch (error) {
        logger.warn({ error: String(error) }, "garbage collector: discovery failed; trying again");
        await clock.sleep(1000, signal).catch(() => undefined);
      }
    }
    const limit = new AbortController();
    const timer = clock.after(SYNC_TIMEOUT_MS, () => limit.abort());
    await this.#monitors.whenSynced(AbortSignal.any([signal, limit.signal])).catch(() => undefined);
    timer.cancel();
    if (limit.signal.aborted) logger.warn("garbage collector: not all kinds could be listed; going on without them");
  }

  async #reconcile(uid: string): Promise<ReconcileResult> {
    const node = this.#graph.get(uid);
    if (node?.observed === undefined) return undefined;
    if (node.orphaning) await this.#orphan(node);
    else if (node.foreground) await this.#finishForeground(node);
    else if (!node.deleting && node.owners.some((reference) => !this.#isSolid(reference, node))) await this.#collect(node);
    return undefined;
  }

  /** By the graph alone: the owner is there and does not wait for its dependents to go. */
  #isSolid(reference: OwnerReference, node: GraphNode): boolean {
    const owner = this.#graph.get(reference.uid);
    return owner !== undefined && fits(reference, owner, node) && !owner.foreground;
  }

  async #collect(node: GraphNode): Promise<void> {
    const live = await this.#read(node);
    if (live === undefined || live.object.metadata.deletionTimestamp !== undefined) return;
    const references = live.object.metadata.ownerReferences ?? [];
    const owners: { reference: OwnerReference; state: OwnerState }[] = [];
    for (const reference of references) {
      const state = await this.#stateOf(reference, live);
      if (state !== "unknowable") owners.push({ reference, state });
    }
    const dependents = [...node.dependents].map((uid) => this.#graph.get(uid));
    await this.#apply(planCollection(owners, { count: dependents.length, foreground: dependents.some((dependent) => dependent?.foreground) }), live);
  }

  /** Asks the server, unless the owner is known to be gone. "unknowable": a cluster-scoped object cannot have a namespaced owner. */
  async #stateOf(reference: OwnerReference, { node, resource, object }: Live): Promise<OwnerState | "unknowable"> {
    if (this.#absent.has(reference.uid)) return "absent";
    const known = this.#graph.get(reference.uid);
    if (known !== undefined && fits(reference, known, node)) return known.foreground ? "waiting" : "solid";
    const ownerResource = this.#monitors.resourceOf(reference.apiVersion, reference.kind);
    // Not absent: its kind may be back in a moment.
    if (ownerResource === undefined) throw new Error(`the kind of owner ${reference.apiVersion} ${reference.kind} ${reference.name} is not served now`);
    if (ownerResource.namespaced && !resource.namespaced) {
      this.#warnOwner(object, reference);
      return "unknowable";
    }
    const key = { name: reference.name, ...(ownerResource.namespaced ? { namespace: object.metadata.namespace } : {}) };
    const owner = await this.#context.client.get(ownerResource, key).catch((error: unknown) => {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    });
    if (owner === undefined || owner.metadata.uid !== reference.uid) {
      if (known?.observed === undefined) this.#noteAbsent(reference.uid);
      else if (known.observed.resource.namespaced && known.observed.namespace !== object.metadata.namespace) this.#warnOwner(object, reference);
      return "absent";
    }
    const waits = owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(FOREGROUND);
    return waits ? "waiting" : "solid";
  }

  async #apply(plan: CollectPlan, live: Live): Promise<void> {
    switch (plan.type) {
      case "keep":
        return;
      case "unlink":
        return this.#patchOwners(live, plan.owners);
      case "foreground":
        if (plan.unblock) await this.#unblock(live);
        return this.#delete(live, "Foreground", !plan.unblock);
      case "delete":
        return this.#delete(live, policyOf(live.object), true);
    }
  }

  /** A circle of owners in foreground deletion would wait for itself: our references stop blocking. */
  async #unblock(live: Live): Promise<void> {
    const references = live.object.metadata.ownerReferences ?? [];
    if (!references.some((reference) => reference.blockOwnerDeletion)) return;
    await this.#patchOwners(live, references.map((reference) => ({ ...reference, blockOwnerDeletion: false })));
  }

  #patchOwners({ resource, object }: Live, ownerReferences: readonly OwnerReference[]): Promise<void> {
    return this.#patchMetadata(resource, object, { ownerReferences });
  }

  async #delete({ resource, object }: Live, propagationPolicy: NonNullable<DeleteOptions["propagationPolicy"]>, atVersion: boolean): Promise<void> {
    const { namespace, name = "", uid, resourceVersion } = object.metadata;
    const preconditions = { ...(uid ? { uid } : {}), ...(atVersion && resourceVersion ? { resourceVersion } : {}) };
    await ignoreNotFound(this.#context.client.delete(resource, { namespace, name }, { propagationPolicy, preconditions }));
  }

  /** When nothing blocks the owner any more its finalizer goes, and with it the owner. */
  async #finishForeground(node: GraphNode): Promise<void> {
    const blocking = this.#graph.blockingDependents(node);
    for (const dependent of blocking) if (!dependent.foreground) this.#loop.queue.add(dependent.uid);
    if (blocking.length === 0) await this.#removeFinalizer(node, FOREGROUND);
  }

  async #orphan(node: GraphNode): Promise<void> {
    for (const uid of node.dependents) {
      const dependent = this.#graph.get(uid);
      const live = dependent && (await this.#read(dependent));
      const references = live?.object.metadata.ownerReferences ?? [];
      if (live !== undefined && references.some((reference) => reference.uid === node.uid)) {
        await this.#patchOwners(live, references.filter((reference) => reference.uid !== node.uid));
      }
    }
    await this.#removeFinalizer(node, ORPHAN);
  }

  async #removeFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    const live = await this.#read(node);
    const finalizers = live?.object.metadata.finalizers ?? [];
    if (live === undefined || !finalizers.includes(finalizer)) return;
    await this.#patchMetadata(live.resource, live.object, { finalizers: finalizers.filter((other) => other !== finalizer) });
  }

  async #patchMetadata(resource: DiscoveredResource, object: ApiObject, change: Record<string, unknown>): Promise<void> {
    const { namespace, name = "", uid, resourceVersion } = object.metadata;
    await ignoreNotFound(this.#context.client.patch(resource, { namespace, name }, "merge", { metadata: { uid, resourceVersion, ...change } }));
  }

  /** The object as it is now; undefined when it is gone or another one has its name (the graph learns it). */
  async #read(node: GraphNode): Promise<Live | undefined> {
    if (node.observed === undefined) return undefined;
    const { resource, namespace, name } = node.observed;
    try {
      const object = await this.#context.client.get(resource, { namespace, name });
      if (object.metadata.uid === node.uid) return { node, resource, object };
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
    this.#noteAbsent(node.uid);
    for (const uid of this.#graph.remove(node.uid)) this.#loop.queue.add(uid);
    return undefined;
  }

  #noteAbsent(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size <= MAX_ABSENT) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      return;
    }
  }

  #warnOwner(object: ApiObject, { apiVersion, kind, name, uid }: OwnerReference): void {
    const { namespace = "" } = object.metadata;
    const message = `ownerRef [${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}] does not exist in namespace "${namespace}"`;
    this.#context.events.event(object, { type: "Warning", reason: "OwnerRefInvalidNamespace", message });
  }
}

/** A finalizer on the object asks for its own way of going. */
function policyOf(object: ApiObject): "Orphan" | "Foreground" | "Background" {
  const { finalizers = [] } = object.metadata;
  return finalizers.includes(ORPHAN) ? "Orphan" : finalizers.includes(FOREGROUND) ? "Foreground" : "Background";
}

async function ignoreNotFound(effect: Promise<unknown>): Promise<void> {
  try {
    await effect;
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error;
  }
}
