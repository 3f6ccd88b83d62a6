import type { Resource } from "../api/resources.ts";
import type { ApiObject } from "../api/wire.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Random } from "../lib/random.ts";
import type { Client } from "./client.ts";
import type { Identified, Informer } from "./informer.ts";
import { createInformer } from "./shared-informer.ts";

export interface InformerSetOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Entry {
  readonly informer: Informer<Identified>;
  readonly whole: boolean;
  readonly stop: AbortController;
  running: Promise<void> | undefined;
}

/** One informer for each resource (all namespaces, whole objects), shared by those who ask; those asked for after `run` start at once. */
export class InformerSet {
  readonly #options: InformerSetOptions;
  readonly #informers = new Map<string, Entry>();
  #signal: AbortSignal | undefined;

  constructor(options: InformerSetOptions) {
    this.#options = options;
  }

  get<T extends Identified>(resource: Resource<T>): Informer<T> {
    return this.#find(resource, false);
  }

  /** For who needs only metadata: the informer that is there already, or a new one that may hold nothing else. Ask after all who call `get`. */
  metadata(resource: Resource<ApiObject>): Informer<Identified> {
    return this.#find<Identified>(resource, true);
  }

  #find<T extends Identified>(resource: Resource<T>, metadataOnly: boolean): Informer<T> {
    const id = idOf(resource);
    const known = this.#informers.get(id);
    if (known !== undefined) {
      if (!metadataOnly && !known.whole) throw new Error(`${id}: whole objects are asked for after an informer of metadata was made`);
      return known.informer as unknown as Informer<T>;
    }
    const informer = createInformer({ ...this.#options, resource, metadataOnly });
    const entry: Entry = { informer: informer as unknown as Informer<Identified>, whole: !metadataOnly, stop: new AbortController(), running: undefined };
    this.#informers.set(id, entry);
    if (this.#signal !== undefined) this.#start(entry, this.#signal);
    return informer;
  }

  /** Stops and forgets the informer of a resource that is served no more, if only `metadata` asked for it. */
  remove(resource: Resource<unknown>): void {
    const id = idOf(resource);
    const entry = this.#informers.get(id);
    if (entry === undefined || entry.whole) return;
    entry.stop.abort();
    this.#informers.delete(id);
  }

  /** Runs all until `signal` aborts and they have ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const entry of this.#informers.values()) this.#start(entry, signal);
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await Promise.all([...this.#informers.values()].map((entry) => entry.running));
  }

  /** Resolves when all that were asked for so far are synced; rejects when `signal` aborts first. */
  async whenSynced(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((entry) => entry.informer.whenSynced(signal)));
  }

  #start(entry: Entry, signal: AbortSignal): void {
    if (entry.running !== undefined) return;
    const onAbort = () => entry.stop.abort();
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    entry.running = entry.informer.run(entry.stop.signal).finally(() => signal.removeEventListener("abort", onAbort));
  }
}

function idOf(resource: Resource<unknown>): string {
  return `${resource.group}/${resource.version}/${resource.resource}`;
}
