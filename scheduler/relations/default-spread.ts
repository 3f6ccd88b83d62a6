import type { LabelSelector, ReplicaSet, ReplicationController, Service, StatefulSet } from "../../api/wire.ts";
import type { LabelSet } from "../snapshot/label-sets.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import { type SpreadConstraint, selectorOf } from "./pod-relations.ts";

/** A spread constraint for pods that have none, its selector left out: they are spread among the pods of their services and of what made them. */
export interface DefaultConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
}

export interface DefaultSpread {
  readonly constraints: readonly DefaultConstraint[];
  /** A node that lacks one of the keys is not put last for it (Kubernetes' built-in constraints). */
  readonly lenient: boolean;
}

/** What kube-scheduler applies where nothing else is configured. */
export const SYSTEM_SPREAD: DefaultSpread = {
  constraints: [
    { topologyKey: "kubernetes.io/hostname", maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
    { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5, whenUnsatisfiable: "ScheduleAnyway" },
  ],
  lenient: true,
};

export type WorkloadObject = Service | ReplicaSet | ReplicationController | StatefulSet;
export type WorkloadKind = "Service" | "ReplicaSet" | "ReplicationController" | "StatefulSet";

const MAX_CACHED = 20_000;

/** Selectors of services and workload objects: which pods belong together. */
export class Workloads {
  readonly #services = new Map<string, Map<string, Readonly<Record<string, string>>>>();
  /** `kind/namespace/name` */
  readonly #owners = new Map<string, LabelSelector>();
  #cache = new Map<DefaultSpread, Map<string, readonly SpreadConstraint[]>>();

  set(kind: WorkloadKind, namespace: string, name: string, object: WorkloadObject | undefined): void {
    this.#cache = new Map();
    if (kind === "Service") return this.#setService(namespace, name, (object as Service | undefined)?.spec?.selector);
    const key = `${kind}/${namespace}/${name}`;
    const selector = object?.spec?.selector as LabelSelector | Readonly<Record<string, string>> | undefined;
    if (selector === undefined) this.#owners.delete(key);
    else this.#owners.set(key, kind === "ReplicationController" ? { matchLabels: { ...(selector as Record<string, string>) } } : selector);
  }

  /** The constraints that stand for a pod without its own; none when nothing says which pods it belongs to. */
  constraintsOf(pod: PodInfo, spread: DefaultSpread): readonly SpreadConstraint[] {
    const owner = pod.pod.metadata.ownerReferences?.find((reference) => reference.controller);
    const key = `${pod.labelSet.id}/${owner?.kind ?? ""}/${owner?.name ?? ""}`;
    const cache = this.#cache.get(spread) ?? new Map<string, readonly SpreadConstraint[]>();
    this.#cache.set(spread, cache);
    let constraints = cache.get(key);
    if (constraints === undefined) {
      const selector = this.#merge(pod.labelSet, owner === undefined ? undefined : this.#owners.get(`${owner.kind}/${pod.namespace}/${owner.name}`));
      constraints = selector === undefined ? [] : constraintsFrom(selector, pod.namespace, spread);
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(key, constraints);
    }
    return constraints;
  }

  #setService(namespace: string, name: string, selector: Readonly<Record<string, string>> | undefined): void {
    const services = this.#services.get(namespace) ?? new Map<string, Readonly<Record<string, string>>>();
    this.#services.set(namespace, services);
    if (selector === undefined || Object.keys(selector).length === 0) services.delete(name);
    else services.set(name, selector);
    if (services.size === 0) this.#services.delete(namespace);
  }

  #merge(set: LabelSet, owner: LabelSelector | undefined): LabelSelector | undefined {
    const matchLabels: Record<string, string> = {};
    for (const selector of this.#services.get(set.namespace)?.values() ?? []) {
      if (Object.entries(selector).every(([key, value]) => set.labels[key] === value)) Object.assign(matchLabels, selector);
    }
    Object.assign(matchLabels, owner?.matchLabels);
    const matchExpressions = owner?.matchExpressions ?? [];
    return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0 ? undefined : { matchLabels, matchExpressions };
  }
}

function constraintsFrom(selector: LabelSelector, namespace: string, spread: DefaultSpread): SpreadConstraint[] {
  return spread.constraints.map(({ topologyKey, maxSkew, whenUnsatisfiable }) => ({
    selector: selectorOf(selector, [namespace], undefined, true),
    topologyKey,
    maxSkew,
    minDomains: 1,
    required: whenUnsatisfiable === "DoNotSchedule",
    honorAffinity: true,
    honorTaints: false,
  }));
}
