import { hash } from "node:crypto";
import type { CoreEvent } from "../api/wire.ts";

/** Different messages of one reason about one object that are kept apart; further ones are one combined event. */
const MAX_DISTINCT_MESSAGES = 10;
const AGGREGATION_WINDOW_MS = 600_000;
/** Token bucket of one source and object: this many at once, then one in REFILL_MS. */
const BURST = 25;
const REFILL_MS = 300_000;
/** Entries of each memory; the least recently used goes first. */
const MAX_ENTRIES = 4096;
/** After so long an event of which nothing more was heard is gone (the API server's time to live). */
const FORGET_AFTER_MS = 3_600_000;

/** What became of an event: written as new, counted on one that was written before, or dropped. */
export type Correlated =
  | { readonly type: "drop" }
  | { readonly type: "write"; readonly key: string; readonly event: CoreEvent; readonly count: number; readonly first: boolean };

interface Aggregate {
  last_ms: number;
  /** Keys of the messages heard lately, oldest first. */
  readonly messages: string[];
}

interface Observation {
  last_ms: number;
  count: number;
  readonly name: string;
  readonly first: string | undefined;
}

interface Bucket {
  tokens: number;
  last_ms: number;
}

/** Counts, aggregates and drops events after client-go's EventCorrelator, with its numbers. Pure but for its memory. */
export class EventCorrelator {
  // By hashes: a node that starts and stops many pods fills these memories, and texts would be ten times as long.
  readonly #buckets = new Map<string, Bucket>();
  readonly #aggregates = new Map<string, Aggregate>();
  readonly #observations = new Map<string, Observation>();

  /** `event` as it would be written if it were alone. */
  correlate(event: CoreEvent, now_ms: number): Correlated {
    const subject = subjectOf(event);
    if (!this.#takeToken(subject, now_ms)) return { type: "drop" };
    const group = keyOf([subject, event.type, event.reason, event.reportingComponent, event.reportingInstance]);
    const combined = this.#aggregate(group, event.message ?? "", now_ms);
    const message = combined ? `(combined from similar events): ${event.message}` : event.message;
    const key = combined ? group : keyOf([group, event.involvedObject.fieldPath, message]);
    // As client-go does, only `source` says who reports what is combined.
    const reporter = combined ? { reportingComponent: "", reportingInstance: "" } : {};
    return this.#observe(key, { ...event, ...reporter, ...(message === undefined ? {} : { message }) }, now_ms);
  }

  /** The event that was written before is gone (its time to live is over): the next one is new. */
  forget(key: string): void {
    this.#observations.delete(key);
  }

  #takeToken(subject: string, now_ms: number): boolean {
    const bucket = this.#buckets.get(subject) ?? { tokens: BURST, last_ms: now_ms };
    bucket.tokens = Math.min(BURST, bucket.tokens + (now_ms - bucket.last_ms) / REFILL_MS);
    bucket.last_ms = now_ms;
    remember(this.#buckets, subject, bucket, BURST * REFILL_MS);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #aggregate(group: string, message: string, now_ms: number): boolean {
    const known = this.#aggregates.get(group);
    const aggregate = known !== undefined && now_ms - known.last_ms <= AGGREGATION_WINDOW_MS ? known : { last_ms: now_ms, messages: [] };
    const key = keyOf([message]);
    if (!aggregate.messages.includes(key)) aggregate.messages.push(key);
    aggregate.last_ms = now_ms;
    remember(this.#aggregates, group, aggregate, AGGREGATION_WINDOW_MS);
    if (aggregate.messages.length < MAX_DISTINCT_MESSAGES) return false;
    aggregate.messages.shift();
    return true;
  }

  #observe(key: string, event: CoreEvent, now_ms: number): Correlated {
    const known = this.#observations.get(key);
    const observation: Observation = known ?? { last_ms: now_ms, count: 0, name: event.metadata.name ?? "", first: event.firstTimestamp };
    observation.count += 1;
    observation.last_ms = now_ms;
    remember(this.#observations, key, observation, FORGET_AFTER_MS);
    const named = { ...event, metadata: { ...event.metadata, name: observation.name } };
    const dated = observation.first === undefined ? named : { ...named, firstTimestamp: observation.first };
    return { type: "write", key, event: dated, count: observation.count, first: known === undefined };
  }
}

function subjectOf(event: CoreEvent): string {
  const { kind, namespace, name, uid, apiVersion } = event.involvedObject;
  return keyOf([event.source?.component, event.source?.host, kind, namespace, name, uid, apiVersion]);
}

/** One short text for all of these. */
function keyOf(parts: readonly (string | undefined)[]): string {
  return hash("sha1", JSON.stringify(parts), "base64url");
}

/** Puts the entry last; the first ones go when there are too many, or nobody asked for them for so long. */
function remember<T extends { last_ms: number }>(memory: Map<string, T>, key: string, value: T, keep_ms: number): void {
  memory.delete(key);
  memory.set(key, value);
  for (const [oldest, { last_ms }] of memory) {
    if (memory.size <= MAX_ENTRIES && value.last_ms - last_ms <= keep_ms) return;
    memory.delete(oldest);
  }
}
