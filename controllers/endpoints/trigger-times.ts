import type { Pod, Service } from "../../api/wire.ts";
import { keyOf } from "../../client/informer.ts";
import { podCondition } from "../shared/pods.ts";

/** Says when that happened which a write of endpoints answers to. */
export const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

/**
 * Remembers what the endpoints of each Service were made from, for the time from a change to its effect that proxies report: a new Service, or
 * the earliest of the pods whose readiness changed since the last look. Nothing new of that kind: no time, and the annotation goes.
 */
export class TriggerTimes {
  /** By Service: when its pods' readiness changed last, by the pods' names. */
  readonly #seen = new Map<string, ReadonlyMap<string, string>>();

  /** The time that a write which follows is to carry. `members`: the pods that the Service selects. */
  next(service: Service, members: readonly Pod[]): string | undefined {
    const key = keyOf(service);
    const before = this.#seen.get(key);
    const pods = new Map<string, string>();
    let earliest: string | undefined;
    for (const pod of members) {
      const { name = "" } = pod.metadata;
      const time = podCondition(pod, "Ready")?.lastTransitionTime;
      if (!time) continue;
      pods.set(name, time);
      if (time > (before?.get(name) ?? "") && (earliest === undefined || time < earliest)) earliest = time;
    }
    this.#seen.set(key, pods);
    return before === undefined ? service.metadata.creationTimestamp : earliest;
  }

  forget(key: string): void {
    this.#seen.delete(key);
  }
}
