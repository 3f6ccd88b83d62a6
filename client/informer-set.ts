import type { Resource } from "../api/resources.ts";
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

/** One informer for each resource (all namespaces, whole objects), shared by those who ask; those asked for after `run` start at once. */
export class InformerSet {
  readonly #options: InformerSetOptions;
  readonly #informers = new Map<string, { informer: Informer<Identified>; stop: AbortController; running: Promise<void> | undefined }>();
  #signal: AbortSignal | undefined;

  constructor(options: InformerSetOptions) {
    this.#options = options;
  }

  get<T extends Identified>(resource: Resource<T>): Informer<T> {
    const id = idOf(resource);
    const known = this.#informers.get(id);
    if (known !== undefined) return known.informer as unknown as Informer<T>;
    const informer = createInformer({ ...this.#options, resource });
    const entry = { informer: informer as unknown as Informer<Identified>, stop: new AbortController(), running: undefined };
    this.#informers.set(id, entry);
    if (this.#signal !== undefined) this.#start(entry, this.#signal);
    return informer;
  }

  /** Stops and forgets the informer of a resource that is served no more. */
  remove(resource: Resource<unknown>): void {
    const id = idOf(resource);
    this.#informers.get(id)?.stop.abort();
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

  #start(entry: { informer: Informer<Identified>; stop: AbortController; running: Promise<void> | undefined }, signal: AbortSignal): void {
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
