import { persistentvolumeclaims, pods, statefulsets } from "../../api/resources.ts";
import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import { semanticEqual } from "../shared/equal.ts";
import { controllerRef } from "../shared/owner.ts";
import { claimsFor, podName } from "./identity.ts";

/** Who a claim belongs to by the retention policy (KEP-1847): the set, a pod that is scaled away, or nobody. Pure. */
export function claimOwners(set: StatefulSet, pod: Pod | undefined, condemned: boolean, current: readonly OwnerReference[]): OwnerReference[] {
  const { whenDeleted = "Retain", whenScaled = "Retain" } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  const others = current.filter((owner) => owner.uid !== set.metadata.uid && !(owner.kind === "Pod" && owner.apiVersion === "v1"));
  // Another controller's claim stays that one's.
  if (others.some(({ controller }) => controller)) return others;
  if (condemned && whenScaled === "Delete" && pod !== undefined) return [...others, controllerRef(pod, pods)];
  if (whenDeleted === "Delete") return [...others, controllerRef(set, statefulsets)];
  return others;
}

/** Makes the pods' claims and keeps their owners as the retention policy says. */
export class ClaimKeeper {
  readonly #client: Client;
  readonly #events: EventRecorder;

  constructor(client: Client, events: EventRecorder) {
    this.#client = client;
    this.#events = events;
  }

  /** All claims of a pod that is about to be made. @throws Error when one is still going away, ApiError | ConnectionError */
  async ensure(set: StatefulSet, ordinal: number): Promise<void> {
    for (const claim of claimsFor(set, ordinal)) {
      const existing = await this.#read(claim);
      if (existing === undefined) await this.#create(set, ordinal, claim);
      else if (existing.metadata.deletionTimestamp !== undefined) throw new Error(`claim ${claim.metadata.name} is going away; ${podName(set, ordinal)} waits for it`);
      else await this.#own(set, existing, undefined, false);
    }
  }

  /** Brings the owners of a pod's claims up to date. `condemned`: the pod is being scaled away. */
  async updateOwners(set: StatefulSet, ordinal: number, pod: Pod, condemned: boolean): Promise<void> {
    for (const claim of claimsFor(set, ordinal)) {
      const existing = await this.#read(claim);
      if (existing !== undefined && existing.metadata.deletionTimestamp === undefined) await this.#own(set, existing, pod, condemned);
    }
  }

  async #read({ metadata }: PersistentVolumeClaim): Promise<PersistentVolumeClaim | undefined> {
    try {
      return await this.#client.get(persistentvolumeclaims, { namespace: metadata.namespace, name: metadata.name ?? "" });
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  async #create(set: StatefulSet, ordinal: number, claim: PersistentVolumeClaim): Promise<void> {
    const owners = claimOwners(set, undefined, false, []);
    const subject = `Claim ${claim.metadata.name} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
    try {
      await this.#client.create(persistentvolumeclaims, { ...claim, metadata: { ...claim.metadata, ...(owners.length > 0 ? { ownerReferences: owners } : {}) } });
      this.#events.event(set, { type: "Normal", reason: "SuccessfulCreate", message: `Create ${subject} success` });
    } catch (error) {
      if (isReason(error, "AlreadyExists")) return;
      this.#events.event(set, { type: "Warning", reason: "FailedCreate", message: `Create ${subject} failed error: ${error instanceof Error ? error.message : String(error)}` });
      throw error;
    }
  }

  async #own(set: StatefulSet, claim: PersistentVolumeClaim, pod: Pod | undefined, condemned: boolean): Promise<void> {
    const { namespace, name = "", uid, resourceVersion, ownerReferences = [] } = claim.metadata;
    const wanted = claimOwners(set, pod, condemned, ownerReferences);
    if (semanticEqual(wanted, ownerReferences)) return;
    await this.#client.patch(persistentvolumeclaims, { namespace, name }, "merge", { metadata: { uid, resourceVersion, ownerReferences: wanted } });
  }
}
