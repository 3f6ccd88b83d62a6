import { pods } from "../../api/resources.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { EventRecorder } from "../../client/event-recorder.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** Why a pod must go, in the words of its DisruptionTarget condition and of its event. */
export interface Eviction {
  readonly reason: string;
  readonly message: string;
  readonly event: { readonly reason: string; readonly action: string; readonly message: string };
}

/** For a pod of higher priority. */
export function preemptionBy(pod: PodInfo, node: string): Eviction {
  return {
    reason: "PreemptionByScheduler",
    message: `${pod.schedulerName}: preempting to accommodate a higher priority pod`,
    event: { reason: "Preempted", action: "Preempting", message: `Preempted by pod ${pod.uid} on node ${node}` },
  };
}

/** Its pod group was not whole in time: what is bound of it gives its place back. */
export function incompleteGroup(pod: PodInfo): Eviction {
  const message = `pod group ${pod.gang} could not be placed whole within its scheduleTimeoutSeconds`;
  return { reason: "PodGroupIncomplete", message, event: { reason: "PodGroupIncomplete", action: "Evicting", message } };
}

/** Removes pods with their grace period, says why in their condition (in one write with the deletion) and in an event. */
export class Evictor {
  readonly #client: Client;
  readonly #recorder: EventRecorder;

  constructor(options: { readonly client: Client; readonly recorder: EventRecorder }) {
    this.#client = options.client;
    this.#recorder = options.recorder;
  }

  /** Resolves when it is going, or gone already. Rejects with what the server refused. */
  async evict(victim: PodInfo, why: Eviction, signal: AbortSignal): Promise<void> {
    const key = { namespace: victim.namespace, name: victim.name };
    const { reason, message } = why;
    try {
      await this.#client.delete(pods, key, { preconditions: { uid: victim.uid }, disruption: { reason, message }, signal });
    } catch (error) {
      if (isReason(error, "NotFound") || isReason(error, "Conflict")) return;
      throw error;
    }
    this.#recorder.event(victim.pod, { type: "Normal", ...why.event });
  }
}
