import type { Resource } from "../../api/resources.ts";
import type { LabelMatcher } from "../../api/selector/labels.ts";
import { type Identified, type Informer, type Key, keyOf } from "../../client/informer.ts";
import type { ControllerContext } from "../controller.ts";
import { adoptPatch, claim, releasePatch } from "./claim.ts";
import { byController, byOrphanage, CONTROLLER_INDEX, controllerOf, controllerRef, groupOf, ORPHAN_INDEX } from "./owner.ts";

/** How objects of one kind belong to owners of another: by a controller reference, or, while they have none, by the owner's selector. */
export interface Ownership<O extends Identified, T extends Identified> {
  readonly owners: Resource<O>;
  readonly owned: Resource<T>;
  selectorOf(owner: O): LabelMatcher;
  /** What does not fit is not its owner's, whatever the labels say. */
  fits?(owner: O, object: T): boolean;
  /** Which orphans may be adopted; all of them where it is not given. */
  adoptable?(object: T): boolean;
  /** Held on each object as long as it is the owner's. */
  readonly finalizer?: string;
}

/** The objects of one kind seen from their owners: who is told of a change, and whose they are (Kubernetes' ControllerRefManager). */
export class OwnedObjects<O extends Identified, T extends Identified> {
  readonly #context: ControllerContext;
  readonly #ownership: Ownership<O, T>;
  readonly #owners: Informer<O>;
  readonly #objects: Informer<T>;
  readonly #selectors = new WeakMap<O, LabelMatcher>();

  constructor(context: ControllerContext, ownership: Ownership<O, T>) {
    this.#context = context;
    this.#ownership = ownership;
    this.#owners = context.informers.get(ownership.owners);
    this.#objects = context.informers.get(ownership.owned);
    this.#objects.addIndex(CONTROLLER_INDEX, byController);
    this.#objects.addIndex(ORPHAN_INDEX, byOrphanage);
  }

  /** Calls `enqueue` with the key of every owner that a change of an object may concern: the one it has, the one it had, those that might adopt it. */
  follow(enqueue: (owner: Key) => void): void {
    this.#objects.addHandler({
      add: (object) => this.#tell(object, enqueue),
      update: (object, old) => {
        if (controllerOf(old)?.uid !== controllerOf(object)?.uid) this.#tellOwner(old, enqueue);
        this.#tell(object, enqueue);
      },
      delete: (object) => this.#tellOwner(object, enqueue),
    });
  }

  /** Those with a reference to the owner of this uid, whether they fit it or not. */
  of(uid: string | undefined): readonly T[] {
    return this.#objects.byIndex(CONTROLLER_INDEX, uid ?? "");
  }

  /** The owner's objects: orphans that fit are adopted, its own that fit no more are released. @throws ApiError | ConnectionError */
  claim(owner: O): Promise<T[]> {
    const { client } = this.#context;
    const { owners, owned, finalizer, fits, adoptable } = this.#ownership;
    const { namespace, name = "", uid } = owner.metadata;
    const orphans = this.#objects.byIndex(ORPHAN_INDEX, namespace ?? "");
    const candidates = [...this.of(uid), ...(adoptable === undefined ? orphans : orphans.filter((object) => adoptable(object)))];
    const patch = (object: T, { metadata }: ReturnType<typeof adoptPatch>, finalizers: (held: readonly string[]) => readonly string[]) => {
      const held = finalizer === undefined ? {} : { finalizers: finalizers(object.metadata.finalizers ?? []) };
      return client.patch(owned, { namespace, name: object.metadata.name ?? "" }, "merge", { metadata: { ...metadata, ...held } });
    };
    const effects = {
      mayAdopt: async () => {
        const fresh = await client.get(owners, { namespace, name });
        return fresh.metadata.uid === uid && fresh.metadata.deletionTimestamp === undefined;
      },
      adopt: (object: T) => patch(object, adoptPatch(object, controllerRef(owner, owners)), (held) => [...held, finalizer ?? ""]),
      release: async (object: T) => {
        await patch(object, releasePatch(object, uid), (held) => held.filter((one) => one !== finalizer));
      },
    };
    return claim(owner, candidates, this.#selectorOf(owner), effects, fits === undefined ? undefined : (object) => fits(owner, object));
  }

  #tell(object: T, enqueue: (owner: Key) => void): void {
    this.#tellOwner(object, enqueue);
    const { namespace, labels, deletionTimestamp } = object.metadata;
    if (controllerOf(object) !== undefined || deletionTimestamp !== undefined) return;
    for (const owner of this.#owners.list(namespace)) if (this.#selectorOf(owner).matches(labels)) enqueue(keyOf(owner));
  }

  #tellOwner(object: T, enqueue: (owner: Key) => void): void {
    const reference = controllerOf(object);
    const { kind, group } = this.#ownership.owners;
    if (reference?.kind === kind && groupOf(reference.apiVersion) === group) enqueue(`${object.metadata.namespace}/${reference.name}`);
  }

  /** The owner's selector, compiled once for each version of the object. */
  #selectorOf(owner: O): LabelMatcher {
    let matcher = this.#selectors.get(owner);
    if (matcher === undefined) {
      matcher = this.#ownership.selectorOf(owner);
      this.#selectors.set(owner, matcher);
    }
    return matcher;
  }
}
