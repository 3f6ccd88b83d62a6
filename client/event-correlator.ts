import type { CoreEvent } from "../api/wire.ts";

/** Different messages of one reason about one object that are kept apart; further ones are one combined event. */
const MAX_DISTINCT_MESSAGES = 10;
const AGGREGATION_WINDOW_MS = 600_000;
/** Token bucket of one source and object: this many at once, then one in REFILL_MS. */
const BURST = 25;
const REFILL_MS = 300_000;
/** Entries of each memory; the least recently used goes first. */
const MAX_ENTRIES = 4096;

/** What became of an event: written as new, counted on one that was written before, or dropped. */
export type Correlated =
  | { readonly type: "drop" }
  | { readonly type: "write"; readonly key: string; readonly event: CoreEvent; readonly count: number; readonly first: boolean };

interface Aggregate {
  last_ms: number;
  readonly messages: Set<string>;
}

interface Observation {
  count: number;
  readonly name: string;
  readonly first: string | undefined;
}

interface Bucket {
  tokens: number;
  refilled_ms: number;
}

/** Counts, aggregates and drops events after client-go's EventCorrelator, with its numbers. Pure but for its memory. */
export class EventCorrelator {
  readonly #buckets = new Map<string, Bucket>();
  readonly #aggregates = new Map<string, Aggregate>();
  readonly #observations = new Map<string, Observation>();

  /** `event` as it would be written if it were alone. */
  correlate(event: CoreEvent, now_ms: number): Correlated {
    const subject = subjectOf(event);
    if (!this.#takeToken(subject, now_ms)) return { type: "drop" };
    const group = JSON.stringify([subject, event.type, event.reason, event.reportingComponent, event.reportingInstance]);
    const combined = this.#aggregate(group, event.message ?? "", now_ms);
    const message = combined ? `(combined from similar events): ${event.message}` : event.message;
    const key = combined ? group : JSON.stringify([group, event.involvedObject.fieldPath, message]);
    return this.#observe(key, { ...event, ...(message === undefined ? {} : { message }) });
  }

  /** The event that was written before is gone (its time to live is over): the next one is new. */
  forget(key: string): void {
    this.#observations.delete(key);
  }

  #takeToken(subject: string, now_ms: number): boolean {
    const bucket = this.#buckets.get(subject) ?? { tokens: BURST, refilled_ms: now_ms };
    bucket.tokens = Math.min(BURST, bucket.tokens + (now_ms - bucket.refilled_ms) / REFILL_MS);
    bucket.refilled_ms = now_ms;
    remember(this.#buckets, subject, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #aggregate(group: string, message: string, now_ms: number): boolean {
    const known = this.#aggregates.get(group);
    const aggregate = known !== undefined && now_ms - known.last_ms <= AGGREGATION_WINDOW_MS ? known : { last_ms: now_ms, messages: new Set<string>() };
    aggregate.messages.add(message);
    aggregate.last_ms = now_ms;
    remember(this.#aggregates, group, aggregate);
    if (aggregate.messages.size < MAX_DISTINCT_MESSAGES) return false;
    const [oldest] = aggregate.messages;
    if (oldest !== undefined) aggregate.messages.delete(oldest);
    return true;
  }

  #observe(key: string, event: CoreEvent): Correlated {
    const known = this.#observations.get(key);
    const observation: Observation = known ?? { count: 0, name: event.metadata.name ?? "", first: event.firstTimestamp };
    observation.count += 1;
    remember(this.#observations, key, observation);
    const named = { ...event, metadata: { ...event.metadata, name: observation.name } };
    const dated = observation.first === undefined ? named : { ...named, firstTimestamp: observation.first };
    return { type: "write", key, event: dated, count: observation.count, first: known === undefined };
  }
}

function subjectOf(event: CoreEvent): string {
  const { kind, namespace, name, uid, apiVersion } = event.involvedObject;
  return JSON.stringify([event.source?.component, event.source?.host, kind, namespace, name, uid, apiVersion]);
}

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  memory.delete(key);
  memory.set(key, value);
  if (memory.size <= MAX_ENTRIES) return;
  for (const oldest of memory.keys()) {
    memory.delete(oldest);
    return;
  }
}
