import type { Deployment, ReplicaSet } from "../../api/wire.ts";
import { maxSurge } from "./limits.ts";

export const REVISION = "deployment.kubernetes.io/revision";
const REVISION_HISTORY = "deployment.kubernetes.io/revision-history";
const DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas";
const MAX_REPLICAS = "deployment.kubernetes.io/max-replicas";

/** Annotations of a Deployment that its ReplicaSets do not get. */
const NOT_COPIED = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  "deprecated.deployment.rollback.to",
]);
/** Longest list of former revisions, in characters. */
const MAX_HISTORY_LENGTH = 2000;

type Annotations = Readonly<Record<string, string>>;

/** Revision number of an object; 0 when it has none or a bad one. */
export function revisionOf(object: { readonly metadata: { readonly annotations?: Annotations } }): number {
  const text = object.metadata.annotations?.[REVISION] ?? "";
  return /^[0-9]+$/.test(text) ? Number(text) : 0;
}

export function maxRevision(sets: readonly ReplicaSet[]): number {
  return Math.max(0, ...sets.map(revisionOf));
}

function integer(annotations: Annotations | undefined, name: string): number | undefined {
  const text = annotations?.[name];
  return text !== undefined && /^-?[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** How many replicas the Deployment wanted when this set was last scaled. */
export function desiredReplicasOf(set: ReplicaSet): number | undefined {
  return integer(set.metadata.annotations, DESIRED_REPLICAS);
}

/** How many pods the Deployment allowed, surge included, when this set was last scaled. */
export function maxReplicasOf(set: ReplicaSet): number | undefined {
  return integer(set.metadata.annotations, MAX_REPLICAS);
}

/** The annotations of a set that say how large the Deployment is. */
export function replicasAnnotations(deployment: Deployment): Annotations {
  const replicas = deployment.spec?.replicas ?? 1;
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + maxSurge(deployment)) };
}

/** Whether `set` has the annotations already. */
export function hasAnnotations(set: ReplicaSet, wanted: Annotations): boolean {
  return Object.entries(wanted).every(([name, value]) => set.metadata.annotations?.[name] === value);
}

/**
 * Annotations of the newest set: the Deployment's own, and its revision; a set that becomes the newest again gets the new revision and
 * remembers the old one. `isNew`: the set is just being made.
 */
export function newSetAnnotations(deployment: Deployment, current: Annotations, revision: number, isNew: boolean): Annotations {
  const annotations: Record<string, string> = { ...current };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!NOT_COPIED.has(name)) annotations[name] = value;
  const old = current[REVISION];
  const oldNumber = revisionOf({ metadata: { annotations: current } });
  if (oldNumber < revision) {
    annotations[REVISION] = String(revision);
    if (old !== undefined) annotations[REVISION_HISTORY] = extendHistory(current[REVISION_HISTORY], old);
  }
  return isNew ? { ...annotations, ...replicasAnnotations(deployment) } : annotations;
}

/** Adds a revision at the end; the oldest go when the list gets too long. */
function extendHistory(history: string | undefined, revision: string): string {
  const revisions = history ? history.split(",") : [];
  let length = revisions.join(",").length + revision.length + 1;
  while (length > MAX_HISTORY_LENGTH && revisions.length > 0) length -= (revisions.shift()?.length ?? 0) + 1;
  return [...revisions, revision].join(",");
}
