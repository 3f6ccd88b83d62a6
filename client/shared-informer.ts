import type { WatchEvent } from "../api/exchange.ts";
import type { Logger } from "../lib/logger.ts";
import { type EventHandler, type Identified, type IndexFunction, type Informer, type Key, keyOf } from "./informer.ts";
import { type Change, LocalStore } from "./local-store.ts";
import { Reflector, type ReflectorOptions } from "./reflector.ts";

export interface InformerOptions<T> extends ReflectorOptions<T> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
}

/** An informer over one collection (a resource, or a selection of it). It does nothing until `run`. */
export function createInformer<T extends Identified>(options: InformerOptions<T>): Informer<T> {
  return new SharedInformer(options);
}

/** The node of a pod, for NODE_INDEX; "" while it has none. */
export function byNode(pod: { readonly spec?: { readonly nodeName?: string } }): readonly string[] {
  return [pod.spec?.nodeName ?? ""];
}

class SharedInformer<T extends Identified> implements Informer<T> {
  readonly #store = new LocalStore<T>();
  readonly #reflector: Reflector<T>;
  readonly #logger: Logger;
  readonly #handlers = new Set<EventHandler<T>>();
  #synced = false;
  #waiting: (() => void)[] = [];

  constructor(options: InformerOptions<T>) {
    this.#logger = options.logger;
    this.#reflector = new Reflector(options, {
      replace: (objects) => this.#replace(objects),
      apply: (event) => this.#apply(event),
    });
    for (const [name, index] of Object.entries(options.indexes ?? {})) this.addIndex(name, index);
  }

  get size(): number {
    return this.#store.size;
  }

  get resourceVersion(): string {
    return this.#reflector.resourceVersion;
  }

  get(key: Key): T | undefined {
    return this.#store.get(key);
  }

  list(namespace?: string): T[] {
    return this.#store.list(namespace);
  }

  byIndex(index: string, value: string): readonly T[] {
    return this.#store.byIndex(index, value);
  }

  addIndex(name: string, index: IndexFunction<T>): void {
    this.#store.addIndex(name, index);
  }

  hasSynced(): boolean {
    return this.#synced;
  }

  whenSynced(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#synced) return resolve();
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((other) => other !== done);
        reject(signal?.reason);
      };
      const done = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.push(done);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  addHandler(handler: EventHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#store.list()) this.#tell(handler, { type: "add", object });
    return () => this.#handlers.delete(handler);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }

  #replace(objects: readonly T[]): void {
    this.#announce(this.#store.replace(objects));
    this.#synced = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done();
  }

  #apply(event: WatchEvent<T>): void {
    const { object, type } = event;
    this.#announce(type === "DELETED" ? this.#store.remove(keyOf(object), object) : this.#store.put(object));
  }

  #announce(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const handler of this.#handlers) this.#tell(handler, change);
  }

  #tell(handler: EventHandler<T>, change: Change<T>): void {
    try {
      if (change.type === "update") handler.update?.(change.object, change.old);
      else handler[change.type]?.(change.object);
    } catch (error) {
      this.#logger.error({ err: error, object: keyOf(change.object) }, `a handler of ${change.type} events failed`);
    }
  }
}
