import type { LabelMatcher } from "../../api/selector/labels.ts";
import type { OwnerReference } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { Identified } from "../../client/informer.ts";
import { controllerOf } from "./owner.ts";

interface OwnersPatch {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What becomes of an object that a controller looks at. */
type ClaimDecision = "mine" | "adopt" | "release" | "ignore";

/** Pure: after Kubernetes' ControllerRefManager. */
export function decideClaim(owner: Identified, object: Identified, matches: boolean): ClaimDecision {
  const controller = controllerOf(object);
  const ownerGoes = owner.metadata.deletionTimestamp !== undefined;
  if (controller !== undefined) {
    if (controller.uid !== owner.metadata.uid) return "ignore";
    if (matches) return "mine";
    return ownerGoes ? "ignore" : "release";
  }
  if (ownerGoes || !matches || object.metadata.deletionTimestamp !== undefined) return "ignore";
  return "adopt";
}

interface ClaimEffects<T> {
  /** Reads the owner past any cache; @returns false when it is gone, another one, or being deleted. Called at most once. */
  mayAdopt(): Promise<boolean>;
  /** Makes the owner the object's controller. @returns the object as it is now */
  adopt(object: T): Promise<T>;
  /** Takes the owner off the object. */
  release(object: T): Promise<void>;
}

/** The objects that are the owner's, orphans that match adopted and its own that match no more released. @throws ApiError | ConnectionError */
export async function claim<T extends Identified>(owner: Identified, candidates: Iterable<T>, selector: LabelMatcher, effects: ClaimEffects<T>, also?: (object: T) => boolean): Promise<T[]> {
  const mine: T[] = [];
  let mayAdopt: Promise<boolean> | undefined;
  for (const object of candidates) {
    const decision = decideClaim(owner, object, selector.matches(object.metadata.labels) && (also?.(object) ?? true));
    if (decision === "mine") mine.push(object);
    else if (decision === "release") await unlessGone(effects.release(object));
    else if (decision === "adopt") {
      mayAdopt ??= effects.mayAdopt();
      if (!(await mayAdopt)) throw new Error(`${owner.metadata.name} is gone or going: it adopts nothing`);
      const adopted = await unlessGone(effects.adopt(object));
      if (adopted !== undefined) mine.push(adopted);
    }
  }
  return mine;
}

/** An object that vanished meanwhile, or is another one of the same name, or has got another controller, is left alone. */
async function unlessGone<R>(effect: Promise<R>): Promise<R | undefined> {
  try {
    return await effect;
  } catch (error) {
    if (isReason(error, "NotFound") || isReason(error, "Invalid") || isReason(error, "Conflict")) return undefined;
    throw error;
  }
}

/** Merge patch that takes an owner away, if the object is still the one of this resourceVersion. */
export function releasePatch(object: Identified, ownerUid: string | undefined): OwnersPatch {
  const { uid, resourceVersion, ownerReferences } = object.metadata;
  return { metadata: { uid, resourceVersion, ownerReferences: (ownerReferences ?? []).filter((owner) => owner.uid !== ownerUid) } };
}

/** Merge patch that adds an owner, if the object is still the one of this resourceVersion. */
export function adoptPatch(object: Identified, owner: OwnerReference): OwnersPatch {
  const { uid, resourceVersion, ownerReferences } = object.metadata;
  return { metadata: { uid, resourceVersion, ownerReferences: [...(ownerReferences ?? []), owner] } };
}
