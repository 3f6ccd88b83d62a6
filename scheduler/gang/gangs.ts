import type { ObjectMeta } from "../../api/wire.ts";
import type { PlacementListener } from "../snapshot/cluster-snapshot.ts";
import type { Placement } from "../snapshot/node-state.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** Names the PodGroup, in the pod's namespace, that a pod belongs to. */
export const POD_GROUP_LABEL = "scheduling.x-k8s.io/pod-group";
/** As the coscheduling plugin's permitWaitingTimeSeconds. */
const DEFAULT_TIMEOUT_S = 60;

/** scheduling.x-k8s.io/v1alpha1 */
export interface PodGroup {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly minMember?: number; readonly scheduleTimeoutSeconds?: number };
  readonly status?: { readonly phase?: string; readonly scheduleStartTime?: string };
}

/** status.phase of a group that was placed whole once. */
export const SCHEDULED = "Scheduled";
const WHOLE_PHASES: ReadonlySet<string> = new Set([SCHEDULED, "Running", "Finished", "Failed"]);

/** A group of pods that are placed together or not at all. */
export interface Gang {
  /** `namespace/name`. */
  readonly key: string;
  /** Undefined: its PodGroup is not there. */
  minMember: number | undefined;
  timeout_ms: number;
  /** It was whole once: pods that come later are placed one by one. */
  complete: boolean;
  /** Since when some of its pods are bound and it is not whole (clock.monotonic_ms). */
  partialSince_ms: number | undefined;
  /** Keys of its pods that wait. */
  readonly pending: Set<string>;
  readonly placed: Map<string, Placement>;
}

/** The gang that a pod belongs to; undefined: none. */
export function gangOf(namespace: string, labels: Readonly<Record<string, string>> | undefined): string | undefined {
  const name = labels?.[POD_GROUP_LABEL];
  return name ? `${namespace}/${name}` : undefined;
}

/** Pods of the gang on nodes that are there to stay. */
export function livingOf(gang: Gang): Placement[] {
  return [...gang.placed.values()].filter(({ pod }) => !pod.terminating);
}

/** All gangs of which there is a pod or a PodGroup. */
export class Gangs implements PlacementListener {
  /** Called when a gang has become whole. */
  onWhole: (key: string) => void = () => undefined;
  readonly #gangs = new Map<string, Gang>();

  get(key: string): Gang | undefined {
    return this.#gangs.get(key);
  }

  setGroup(key: string, group: PodGroup | undefined): void {
    const gang = this.#make(key);
    gang.minMember = group === undefined ? undefined : Math.max(1, group.spec?.minMember ?? 1);
    gang.timeout_ms = 1000 * Math.max(1, group?.spec?.scheduleTimeoutSeconds ?? DEFAULT_TIMEOUT_S);
    if (WHOLE_PHASES.has(group?.status?.phase ?? "")) gang.complete = true;
    this.check(key);
    this.#forget(gang);
  }

  waits(pod: PodInfo): void {
    if (pod.gang !== undefined) this.#make(pod.gang).pending.add(pod.key);
  }

  /** It waits no more. */
  settled(pod: PodInfo): void {
    const gang = pod.gang === undefined ? undefined : this.#gangs.get(pod.gang);
    if (gang === undefined) return;
    gang.pending.delete(pod.key);
    this.#forget(gang);
  }

  placed(placement: Placement): void {
    const { gang, key } = placement.pod;
    if (gang !== undefined) this.#make(gang).placed.set(key, placement);
  }

  removed({ pod }: Placement): void {
    const gang = pod.gang === undefined ? undefined : this.#gangs.get(pod.gang);
    if (gang === undefined) return;
    gang.placed.delete(pod.key);
    if (gang.placed.size === 0) gang.partialSince_ms = undefined;
    this.#forget(gang);
  }

  /** Looks whether the gang has become whole: as many pods as it needs are bound. */
  check(key: string | undefined): void {
    const gang = key === undefined ? undefined : this.#gangs.get(key);
    if (gang?.minMember === undefined || gang.complete) return;
    if (livingOf(gang).filter(({ assumed }) => !assumed).length < gang.minMember) return;
    gang.complete = true;
    gang.partialSince_ms = undefined;
    this.onWhole(gang.key);
  }

  /** Without this pod its gang would be too small. */
  needs(pod: PodInfo): boolean {
    const gang = pod.gang === undefined ? undefined : this.#gangs.get(pod.gang);
    return gang?.minMember !== undefined && gang.placed.has(pod.key) && livingOf(gang).length <= gang.minMember;
  }

  #make(key: string): Gang {
    let gang = this.#gangs.get(key);
    if (gang === undefined) {
      gang = { key, minMember: undefined, timeout_ms: 1000 * DEFAULT_TIMEOUT_S, complete: false, partialSince_ms: undefined, pending: new Set(), placed: new Map() };
      this.#gangs.set(key, gang);
    }
    return gang;
  }

  #forget(gang: Gang): void {
    if (gang.minMember === undefined && gang.pending.size === 0 && gang.placed.size === 0) this.#gangs.delete(gang.key);
  }
}
