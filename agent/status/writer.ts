import { pods } from "../../api/resources.ts";
import type { Pod, PodStatus } from "../../api/wire.ts";
import { ApiError, type Client, isReason } from "../../client/client.ts";
import { delayFor } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import { uidOf } from "../pod/spec.ts";
import { checkpointOf } from "./checkpoint.ts";
import { OWNED_CONDITIONS } from "./conditions.ts";

/** States of one pod that wait to be written; beyond this the oldest are skipped. */
const MAX_QUEUED = 8;
/** Writes at once, of different pods. */
const MAX_WRITES = 16;
/** Tries of a write that is forbidden. */
const MAX_REFUSALS = 6;
const RETRY = { base_ms: 200, max_ms: 10_000, jitter: 0.5 };

interface Entry {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  queue: PodStatus[];
  /** What the API server has of us. */
  written: PodStatus | undefined;
  /** resourceVersion that our last write gave. */
  version: bigint;
  isBusy: boolean;
  isGone: boolean;
  failures: number;
  idle: (() => void)[];
}

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Writes pod statuses, each pod's in order. A state that a watcher could wait for (another phase, condition or container state) is
 * written even when a newer one is there already; anything less is overtaken by what comes after it. While the API server
 * is away the newest few are kept.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: Entry[] = [];
  readonly #stopped = new AbortController();
  #writes = 0;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Queues a status of the pod. */
  set(pod: Pod, status: PodStatus): void {
    const entry = this.#entry(pod);
    const last = entry.queue.at(-1);
    if (last !== undefined && checkpointOf(last) === checkpointOf(status)) entry.queue[entry.queue.length - 1] = status;
    else entry.queue.push(status);
    if (entry.queue.length > MAX_QUEUED) entry.queue.shift();
    this.#wake(entry);
  }

  /**
   * The API server shows the pod so: where a condition of ours says something else than what we wrote last (the node lifecycle controller
   * marks the pods of a silent node not ready), ours is written again.
   */
  observe(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod));
    if (entry === undefined || entry.isBusy || entry.queue.length > 0 || entry.written === undefined || versionOf(pod) <= entry.version) return;
    if (ownConditionsOf(pod.status) === ownConditionsOf(entry.written)) return;
    entry.queue.push(entry.written);
    this.#wake(entry);
  }

  /** Resolves when nothing of the pod waits any more: true when the API server has the last status, false when it has no such pod. */
  async drained(pod: Pod): Promise<boolean> {
    const entry = this.#entry(pod);
    while ((entry.isBusy || entry.queue.length > 0) && !entry.isGone && !this.#stopped.signal.aborted) await new Promise<void>((resolve) => entry.idle.push(resolve));
    return !entry.isGone;
  }

  /** The API server has the pod no more: what waits is dropped. */
  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    entry.isGone = true;
    entry.queue = [];
    this.#entries.delete(uid);
    this.#tellIdle(entry);
  }

  close(): void {
    this.#stopped.abort();
    for (const entry of this.#entries.values()) this.#tellIdle(entry);
  }

  #entry(pod: Pod): Entry {
    const uid = uidOf(pod);
    let entry = this.#entries.get(uid);
    if (entry === undefined) {
      const { namespace = "", name = "" } = pod.metadata;
      entry = { uid, namespace, name, queue: [], written: pod.status, version: versionOf(pod), isBusy: false, isGone: false, failures: 0, idle: [] };
      this.#entries.set(uid, entry);
    }
    return entry;
  }

  #wake(entry: Entry): void {
    if (entry.isBusy || entry.queue.length === 0) return;
    entry.isBusy = true;
    this.#ready.push(entry);
    this.#pump();
  }

  #pump(): void {
    while (this.#writes < MAX_WRITES) {
      const entry = this.#ready.shift();
      if (entry === undefined) return;
      this.#writes++;
      void this.#write(entry).finally(() => {
        this.#writes--;
        this.#pump();
      });
    }
  }

  async #write(entry: Entry): Promise<void> {
    const [status] = entry.queue;
    if (status !== undefined && !entry.isGone && !this.#stopped.signal.aborted) {
      const isDone = await this.#patch(entry, status);
      if (!isDone) return this.#retryLater(entry);
      entry.failures = 0;
      // The head may have been overtaken meanwhile.
      if (entry.queue[0] === status) entry.queue.shift();
    }
    if (entry.isGone) entry.queue = [];
    entry.isBusy = false;
    if (entry.queue.length > 0) this.#wake(entry);
    else this.#tellIdle(entry);
  }

  #tellIdle(entry: Entry): void {
    for (const resolve of entry.idle.splice(0)) resolve();
  }

  /** The pod keeps its turn; others go on. */
  #retryLater(entry: Entry): void {
    const { clock, random } = this.#options;
    void clock.sleep(delayFor(RETRY, Math.min(entry.failures++, 10), random), this.#stopped.signal).then(
      () => {
        this.#ready.push(entry);
        this.#pump();
      },
      () => {},
    );
  }

  /** @returns false when it is worth another try */
  async #patch(entry: Entry, status: PodStatus): Promise<boolean> {
    const { client, logger } = this.#options;
    const body = { metadata: { uid: entry.uid }, status: statusPatch(entry.written, status) };
    try {
      const answer = await client.patch(pods, { namespace: entry.namespace, name: entry.name }, "strategic", body, { subresource: "status", signal: this.#stopped.signal });
      entry.written = status;
      entry.version = versionOf(answer);
      return true;
    } catch (error) {
      const code = error instanceof ApiError ? (error.status.code ?? 500) : 503;
      if (isReason(error, "NotFound") || isReason(error, "Conflict")) {
        // No such pod any more, or another one of its name.
        entry.isGone = true;
        return true;
      }
      if (entry.isGone) return true;
      // What a node may write follows from its pods: the server may learn of a new one a moment after us.
      const isPatient = code === 403 && entry.failures < MAX_REFUSALS;
      const isLasting = code >= 400 && code < 500 && code !== 429 && code !== 408 && !isPatient;
      logger[isLasting ? "error" : "debug"]({ error: String(error), pod: `${entry.namespace}/${entry.name}` }, "a pod's status could not be written");
      return isLasting;
    }
  }
}

/** resourceVersions of one kind grow (KEP-5504): a watch event of what was before our own write says nothing. */
function versionOf(pod: Pod | undefined): bigint {
  const text = pod?.metadata.resourceVersion ?? "";
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

/** Type and status of the conditions that are ours, in an order of their own. */
function ownConditionsOf(status: PodStatus | undefined): string {
  const own = (status?.conditions ?? []).filter((condition) => OWNED_CONDITIONS.has(condition.type));
  return own
    .map((condition) => `${condition.type}=${condition.status}`)
    .sort()
    .join();
}

/** Lists that a strategic merge patch would merge by key, where ours is the whole truth. */
const REPLACED = ["podIPs", "hostIPs"] as const;
const CLEARED = ["reason", "message", "podIP", "resources", "allocatedResources"] as const;

/** The status as a strategic merge patch on what was written before: fields that went away become null. */
export function statusPatch(written: PodStatus | undefined, status: PodStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = { ...status };
  for (const field of CLEARED) if (written?.[field] !== undefined && status[field] === undefined) patch[field] = null;
  for (const field of REPLACED) {
    const old = JSON.stringify(written?.[field] ?? []);
    const now = JSON.stringify(status[field] ?? []);
    if (old !== now && old !== "[]") patch[field] = [...(status[field] ?? []), { $patch: "replace" }];
  }
  const conditions = conditionsPatch(written, status);
  if (conditions.length > 0) patch["conditions"] = conditions;
  return patch;
}

/** Our own conditions only: another's may be newer at the server than what we saw. A status without any takes all away. */
function conditionsPatch(written: PodStatus | undefined, status: PodStatus): unknown[] {
  const own = (status.conditions ?? []).filter((condition) => OWNED_CONDITIONS.has(condition.type));
  const types = new Set(own.map((condition) => condition.type));
  const isGone = (type: string) => (status.conditions === undefined ? true : OWNED_CONDITIONS.has(type) && !types.has(type));
  const gone = (written?.conditions ?? []).filter((condition) => isGone(condition.type)).map((condition) => ({ type: condition.type, $patch: "delete" }));
  // A condition is merged field by field: what it no longer says must be taken back.
  return [...own.map((condition) => ({ reason: null, message: null, ...condition })), ...gone];
}
