import { persistentvolumeclaims, persistentvolumes, pods, type Resource, volumeattributesclasses } from "../../api/resources.ts";
import type { ApiObject, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttributesClass } from "../../api/wire.ts";
import type { Informer } from "../../client/informer.ts";
import type { ReconcileResult } from "../../client/work-queue.ts";
import { type Controller, type ControllerContext, ReconcileLoop } from "../controller.ts";
import { claimsHeldBy, classesOf, isVolumeInUse } from "./use.ts";

const CLAIM_INDEX = "held-claim";

/** What is protected, and who says that it is in use. */
interface Protection<T extends ApiObject> {
  readonly name: string;
  readonly resource: Resource<T>;
  readonly finalizer: string;
  isInUse(object: T): boolean;
}

/** An object goes when nothing uses it any more: a finalizer keeps it until then. */
class ProtectionController<T extends ApiObject> implements Controller {
  readonly name: string;
  readonly #context: ControllerContext;
  readonly #protection: Protection<T>;
  readonly #objects: Informer<T>;
  readonly #loop: ReconcileLoop;

  constructor(context: ControllerContext, protection: Protection<T>) {
    this.name = protection.name;
    this.#context = context;
    this.#protection = protection;
    this.#objects = context.informers.get(protection.resource);
    this.#loop = new ReconcileLoop(context, { name: this.name, concurrency: 2, reconcile: (key) => this.#reconcile(key) });
    const enqueue = ({ metadata }: T) => this.look(metadata.namespace, metadata.name ?? "");
    this.#objects.addHandler({ add: enqueue, update: enqueue });
  }

  /** Looks at the object of that name: what uses it may have changed. */
  look(namespace: string | undefined, name: string): void {
    this.#loop.queue.add(namespace ? `${namespace}/${name}` : name);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#loop.run(signal);
  }

  async #reconcile(key: string): Promise<ReconcileResult> {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    const { finalizer, resource } = this.#protection;
    const { finalizers = [], deletionTimestamp } = object.metadata;
    const isProtected = finalizers.includes(finalizer);
    if (deletionTimestamp && isProtected && !this.#protection.isInUse(object)) await this.#write(resource, object, finalizers.filter((one) => one !== finalizer));
    if (!deletionTimestamp && !isProtected) await this.#write(resource, object, [...finalizers, finalizer]);
    return undefined;
  }

  async #write(resource: Resource<T>, object: T, finalizers: string[]): Promise<void> {
    await this.#context.client.update(resource, { ...object, metadata: { ...object.metadata, finalizers } });
  }
}

/** A claim stays while a pod on a node has it. */
export function claimProtection(context: ControllerContext): Controller {
  const known: Informer<Pod> = context.informers.get(pods);
  known.addIndex(CLAIM_INDEX, (pod) => claimsHeldBy(pod).map((claim) => `${pod.metadata.namespace}/${claim}`));
  const isInUse = ({ metadata }: PersistentVolumeClaim) => known.byIndex(CLAIM_INDEX, `${metadata.namespace}/${metadata.name}`).length > 0;
  const controller = new ProtectionController(context, { name: "persistentvolumeclaim-protection-controller", resource: persistentvolumeclaims, finalizer: "kubernetes.io/pvc-protection", isInUse });
  const release = (pod: Pod) => {
    for (const claim of claimsHeldBy(pod)) controller.look(pod.metadata.namespace, claim);
  };
  known.addHandler({ update: (pod, old) => { release(old); release(pod); }, delete: release });
  return controller;
}

/** A volume stays while it is bound. */
export function volumeProtection(context: ControllerContext): Controller {
  return new ProtectionController(context, { name: "persistentvolume-protection-controller", resource: persistentvolumes, finalizer: "kubernetes.io/pv-protection", isInUse: isVolumeInUse });
}

/** A class of attributes stays while a claim or a volume names it. */
export function attributesClassProtection(context: ControllerContext): Controller {
  const claims: Informer<PersistentVolumeClaim> = context.informers.get(persistentvolumeclaims);
  const volumes: Informer<PersistentVolume> = context.informers.get(persistentvolumes);
  const isInUse = ({ metadata }: VolumeAttributesClass) => [...claims.list(), ...volumes.list()].some((object) => classesOf(object).includes(metadata.name ?? ""));
  const controller = new ProtectionController(context, { name: "volumeattributesclass-protection-controller", resource: volumeattributesclasses, finalizer: "kubernetes.io/vac-protection", isInUse });
  const release = (object: PersistentVolume | PersistentVolumeClaim) => {
    for (const name of classesOf(object)) controller.look(undefined, name);
  };
  claims.addHandler({ update: (claim, old) => { release(old); release(claim); }, delete: release });
  volumes.addHandler({ update: (volume, old) => { release(old); release(volume); }, delete: release });
  return controller;
}
