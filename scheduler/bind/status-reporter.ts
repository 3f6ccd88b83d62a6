import { pods } from "../../api/resources.ts";
import { type Client, isReason } from "../../client/client.ts";
import { type Clock, rfc3339 } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

/** Most status writes on their way: bindings go first, and what is bound meanwhile needs no other word. */
const MAX_IN_FLIGHT = 4;

interface Report {
  readonly pod: PodInfo;
  readonly reason: string;
  readonly message: string;
  /** status.nominatedNodeName: undefined leaves it, "" takes it away. */
  readonly nominated: string | undefined;
}

/** Writes why a pod is not scheduled into its PodScheduled condition; of several reports about one pod the latest counts. */
export class StatusReporter {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #waiting = new Map<string, Report>();
  readonly #writing = new Map<string, Promise<void>>();
  /** What was last written for a pod that still waits, so that the same text is not written again. */
  readonly #written = new Map<string, string>();

  constructor(options: { readonly client: Client; readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#signal = options.signal;
  }

  /** Returns whether this is news. */
  report(pod: PodInfo, reason: string, message: string, nominated?: string): boolean {
    const text = `${pod.uid} ${reason} ${message} ${nominated ?? pod.pod.status?.nominatedNodeName ?? ""}`;
    const nominates = nominated !== undefined && nominated !== (pod.pod.status?.nominatedNodeName ?? "");
    if (this.#written.get(pod.key) === text || (!nominates && saysAlready(pod, reason, message))) return false;
    this.#written.set(pod.key, text);
    this.#waiting.set(pod.key, { pod, reason, message, nominated });
    this.#pump();
    return true;
  }

  /** The pod is scheduled or gone. */
  forget(key: string): void {
    this.#waiting.delete(key);
    this.#written.delete(key);
  }

  /** Resolves when the writes in flight have ended. */
  async drained(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  #pump(): void {
    for (const [key, report] of this.#waiting) {
      if (this.#writing.size >= MAX_IN_FLIGHT || this.#signal.aborted) return;
      if (this.#writing.has(key)) continue;
      this.#waiting.delete(key);
      const writing = this.#write(report).finally(() => {
        this.#writing.delete(key);
        this.#pump();
      });
      this.#writing.set(key, writing);
    }
  }

  async #write({ pod, reason, message, nominated }: Report): Promise<void> {
    const now = rfc3339(this.#clock.now_ms());
    const generation = pod.pod.metadata.generation;
    const condition = { type: "PodScheduled", status: "False", reason, message, lastProbeTime: null, lastTransitionTime: transitionOf(pod) ?? now, ...(generation && { observedGeneration: generation }) };
    try {
      const patch = { metadata: { uid: pod.uid }, status: { conditions: [condition], ...(nominated !== undefined && { nominatedNodeName: nominated || null }) } };
      await this.#client.patch(pods, { namespace: pod.namespace, name: pod.name }, "strategic", patch, { subresource: "status", signal: this.#signal });
    } catch (error) {
      this.#written.delete(pod.key);
      if (this.#signal.aborted || isReason(error, "NotFound") || isReason(error, "Conflict")) return;
      this.#logger.warn({ pod: pod.key, error: String(error) }, "the PodScheduled condition could not be written");
    }
  }
}

function conditionOf(pod: PodInfo) {
  return pod.pod.status?.conditions?.find((condition) => condition.type === "PodScheduled");
}

function saysAlready(pod: PodInfo, reason: string, message: string): boolean {
  const condition = conditionOf(pod);
  return condition?.status === "False" && condition.reason === reason && condition.message === message;
}

/** The condition stays False: its transition is the old one. */
function transitionOf(pod: PodInfo): string | undefined {
  const condition = conditionOf(pod);
  return condition?.status === "False" ? condition.lastTransitionTime : undefined;
}
