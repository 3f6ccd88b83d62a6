import { deployments } from "../../api/resources.ts";
import type { Deployment, PodTemplateSpec, ReplicaSet } from "../../api/wire.ts";
import { semanticEqual } from "../shared/equal.ts";
import { controllerRef } from "../shared/owner.ts";
import { templateHash } from "../shared/pod-hash.ts";
import { newSetAnnotations } from "./annotations.ts";
import { sizeOf } from "./limits.ts";

const HASH_LABEL = "pod-template-hash";

/** The Deployment's sets, told apart by the template. */
export interface OwnedSets {
  /** Has the Deployment's template; absent until it is made. */
  readonly newest: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

/** Of several sets with the Deployment's template the oldest is the newest revision's. */
export function splitSets(deployment: Deployment, sets: readonly ReplicaSet[]): OwnedSets {
  const newest = [...sets].sort(byCreation).find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));
  return { newest, old: sets.filter((set) => set !== newest) };
}

export function withNewest(sets: OwnedSets): ReplicaSet[] {
  return sets.newest === undefined ? [...sets.old] : [...sets.old, sets.newest];
}

/** Equal but for the hash label. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [HASH_LABEL]: _hash, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels, creationTimestamp: undefined } };
}

/** Creation time, then name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  return compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name);
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Larger first; of equal ones the newer (for scaling up) first. */
export function bySizeNewer(a: ReplicaSet, b: ReplicaSet): number {
  return sizeOf(b) - sizeOf(a) || byCreation(b, a);
}

/** Larger first; of equal ones the older (for scaling down) first. */
export function bySizeOlder(a: ReplicaSet, b: ReplicaSet): number {
  return sizeOf(b) - sizeOf(a) || byCreation(a, b);
}

/** The set for the Deployment's template, with no replicas yet. Its name follows from template and collision count, so two makers make one. */
export function buildNewSet(deployment: Deployment, revision: number): ReplicaSet {
  const { name = "", namespace = "" } = deployment.metadata;
  const template = deployment.spec?.template ?? {};
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
  const selector = deployment.spec?.selector ?? {};
  const minReadySeconds = deployment.spec?.minReadySeconds;
  return {
    ...{ apiVersion: "apps/v1", kind: "ReplicaSet" },
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: { ...newSetAnnotations(deployment, {}, revision, true) },
      ownerReferences: [controllerRef(deployment, deployments)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
