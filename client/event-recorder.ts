import { coreEvents } from "../api/resources.ts";
import type { CoreEvent } from "../api/wire.ts";
import { delayFor } from "../lib/backoff.ts";
import { type Clock, rfc3339, rfc3339Micro } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import { type Client, ConnectionError, isReason } from "./client.ts";
import { EventCorrelator } from "./event-correlator.ts";
import type { Identified } from "./informer.ts";

export interface EventText {
  readonly type: "Normal" | "Warning";
  /** CamelCase, machine-readable: `FailedScheduling`. */
  readonly reason: string;
  /** A longer one than its style allows is cut. */
  readonly message: string;
  /** What was tried: events.k8s.io `action`. */
  readonly action?: string;
  /** `spec.containers{name}`: which part of the object. */
  readonly fieldPath?: string;
}

/** Records Events about objects: similar ones are counted or aggregated, floods are dropped. Never throws and never waits. */
export interface EventRecorder {
  /** The object must have apiVersion and kind. */
  event(object: Identified, text: EventText): void;
  /** Resolves when what was recorded so far is written or given up. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** `deployment-controller`, `default-scheduler`, `kubelet`. */
  readonly component: string;
  /** Node of a node's component. */
  readonly host?: string;
  /**
   * core: firstTimestamp, lastTimestamp and count (most components). events: eventTime, action and series, as components that write
   * events.k8s.io do (the scheduler).
   */
  readonly style?: "core" | "events";
  /** Most writes at once, 32 unless said otherwise. With one or two, events give way to what the component has to do besides. */
  readonly maxWrites?: number;
  /** Most events that wait, 1000 unless said otherwise; more are dropped. */
  readonly maxQueued?: number;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options);
}

const DEFAULT_MAX_QUEUED = 1000;
const DEFAULT_MAX_WRITES = 32;
/** Dropped events between two lines of log. */
const LOG_EVERY = 1000;
/** Recorded events that were looked at before their places are given back. */
const FORGET_AFTER = 1024;
/** Characters of a message: what events.k8s.io takes; core/v1 knows no limit, ours is a bound. */
const MAX_MESSAGE = { events: 1024, core: 16 * 1024 } as const;
const MAX_ATTEMPTS = 8;

/** As it was recorded, nothing made of it yet. */
interface Recorded {
  readonly object: Identified;
  readonly text: EventText;
  readonly now_ms: number;
}

interface Job {
  readonly key: string;
  event: CoreEvent;
  count: number;
  first: boolean;
}

function cut(message: string, limit: number): string {
  return message.length > limit ? `${message.slice(0, limit - 4)} ...` : message;
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #maxWrites: number;
  readonly #maxQueued: number;
  readonly #correlator = new EventCorrelator();
  /** What comes while there is enough to write is looked at later: recording in a burst costs next to nothing. The first is at #next. */
  #recorded: Recorded[] = [];
  #next = 0;
  /** Not started yet, by key: what comes for the same key meanwhile is merged in. */
  readonly #queued = new Map<string, Job>();
  /** Objects of which an event is being written: those of one object are written in their order. */
  readonly #writing = new Set<string>();
  #idle: (() => void)[] = [];
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#maxWrites = options.maxWrites ?? DEFAULT_MAX_WRITES;
    this.#maxQueued = options.maxQueued ?? DEFAULT_MAX_QUEUED;
  }

  event(object: Identified, text: EventText): void {
    if (this.#recorded.length - this.#next + this.#queued.size >= this.#maxQueued) {
      this.#dropped += 1;
      if (this.#dropped % LOG_EVERY === 1) this.#options.logger.warn({ dropped: this.#dropped }, "events come faster than they are written; some are dropped");
      return;
    }
    this.#recorded.push({ object, text, now_ms: this.#options.clock.now_ms() });
    this.#pump();
  }

  flush(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#queued.size === 0 && this.#writing.size === 0 && this.#next === this.#recorded.length;
  }

  /** Looks at what was recorded until there are as many jobs as can be written at once. */
  #correlate(): void {
    while (this.#queued.size < this.#maxWrites && this.#next < this.#recorded.length) {
      const { object, text, now_ms } = this.#recorded[this.#next++]!;
      const correlated = this.#correlator.correlate(this.#build(object, text, now_ms), now_ms);
      if (correlated.type === "drop") continue;
      const { key, event, count, first } = correlated;
      const waiting = this.#queued.get(key);
      if (waiting === undefined) this.#queued.set(key, { key, event, count, first });
      else {
        waiting.event = event;
        waiting.count = count;
      }
    }
    if (this.#next < FORGET_AFTER && this.#next < this.#recorded.length) return;
    this.#recorded = this.#recorded.slice(this.#next);
    this.#next = 0;
  }

  #build(object: Identified, text: EventText, now_ms: number): CoreEvent {
    const { random, component, host, style } = this.#options;
    const { name = "", namespace, uid, resourceVersion } = object.metadata;
    const nanos = BigInt(Math.floor(now_ms)) * 1_000_000n + BigInt(Math.floor(random.next() * 1_000_000));
    const involvedObject = {
      ...(object.kind ? { kind: object.kind } : {}),
      ...(namespace ? { namespace } : {}),
      name,
      ...(uid ? { uid } : {}),
      ...(object.apiVersion ? { apiVersion: object.apiVersion } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(text.fieldPath ? { fieldPath: text.fieldPath } : {}),
    };
    const times = style === "events" ? { eventTime: rfc3339Micro(now_ms) } : { firstTimestamp: rfc3339(now_ms), lastTimestamp: rfc3339(now_ms), count: 1 };
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${name}.${nanos.toString(16)}`, namespace: namespace || "default" },
      involvedObject,
      reason: text.reason,
      message: cut(text.message, MAX_MESSAGE[style ?? "core"]),
      type: text.type,
      ...(style === "events" ? {} : { source: { component, ...(host ? { host } : {}) } }),
      ...(text.action ? { action: text.action } : {}),
      reportingComponent: component,
      reportingInstance: style === "events" ? `${component}${host ? `-${host}` : ""}` : (host ?? ""),
      ...times,
    };
  }

  #pump(): void {
    if (this.#writing.size >= this.#maxWrites) return;
    this.#correlate();
    for (const [key, job] of this.#queued) {
      if (this.#writing.size >= this.#maxWrites) return;
      const { kind, namespace, name, uid } = job.event.involvedObject;
      const subject = `${kind}/${namespace}/${name}/${uid}`;
      if (this.#writing.has(subject)) continue;
      this.#queued.delete(key);
      this.#writing.add(subject);
      void this.#write(job).finally(() => {
        this.#writing.delete(subject);
        this.#pump();
      });
    }
    if (!this.#isIdle()) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #write(job: Job): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      try {
        if (job.first) await client.create(coreEvents, this.#counted(job));
        else await this.#count(job);
        return;
      } catch (error) {
        if (!(error instanceof ConnectionError)) {
          // A refusal will not change: a namespace that is going away, a name that is taken.
          logger.debug({ error: String(error), reason: job.event.reason }, "an event was refused");
          if (job.first) this.#correlator.forget(job.key);
          return;
        }
      }
      await clock.sleep(delayFor({ base_ms: 250, max_ms: 10_000, jitter: 0.5 }, attempt, random));
    }
    this.#correlator.forget(job.key);
    logger.warn({ reason: job.event.reason }, "an event could not be written");
  }

  /** Counts on the event that is there; where its time to live is over, it is written anew. */
  async #count(job: Job): Promise<void> {
    const { client } = this.#options;
    const { namespace, name = "" } = job.event.metadata;
    try {
      await client.patch(coreEvents, { namespace, name }, "merge", this.#repetition(job));
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      await client.create(coreEvents, this.#counted(job));
    }
  }

  #counted(job: Job): CoreEvent {
    return job.count === 1 ? job.event : { ...job.event, ...this.#repetition(job) };
  }

  #repetition(job: Job): Partial<CoreEvent> {
    const { message } = job.event;
    if (this.#options.style === "events") return { series: { count: job.count, lastObservedTime: rfc3339Micro(this.#options.clock.now_ms()) } };
    return { count: job.count, ...(job.event.lastTimestamp ? { lastTimestamp: job.event.lastTimestamp } : {}), ...(message === undefined ? {} : { message }) };
  }
}
