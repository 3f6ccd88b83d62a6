import { createHash } from "node:crypto";
import { Agent } from "node:https";
import { isConditionTrue } from "../../api/validation/apiextensions/definition.ts";
import type { CustomResourceDefinition } from "../../api/wire.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import type { RequestInfo } from "../chain/request-info.ts";
import type { CacheEvent } from "../registry/cache-event.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { KindTable, ServedKind } from "../registry/served-kind.ts";
import type { WatchCache } from "../registry/watch-cache.ts";
import { DefinitionSchemas } from "./definition-schemas.ts";
import { servedVersions, storedKind } from "./served-versions.ts";
import type { DialService } from "./webhook-post.ts";

const LOAD_RETRY_MS = 500;
/** How long a request waits for a definition that is just being taken in. */
const FIND_WAIT_MS = 2_000;

/** A definition whose objects are served. */
interface Served {
  readonly uid: string;
  /** The kind in whose name all versions are stored; the same as long as the definition lives. */
  readonly stored: ServedKind;
  definition: CachedObject;
  /** What the versions' kinds were made from. */
  form: string;
  terminating: boolean;
  /** Aborts when the versions are made anew: their watches end. */
  retire: AbortController;
  /** Objects are in the watch cache. */
  isLoaded: boolean;
  readonly loading: Promise<void>;
  readonly dropped: AbortController;
  /** `example.com/v1` of each served version. */
  versions: readonly string[];
}

export interface CustomKindsParts {
  readonly kinds: KindTable;
  readonly cache: WatchCache;
  readonly definitions: ServedKind;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly dialService: DialService;
}

/**
 * Serves what CustomResourceDefinitions define, in the same table and by the same registry as built-in kinds. It follows the definitions in the watch
 * cache, so all servers on one store serve the same within the time of an event.
 */
export class CustomKinds {
  readonly #parts: CustomKindsParts;
  readonly #objects: KindCache;
  readonly #served = new Map<string, Served>();
  readonly #listeners = new Set<(name: string) => void>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 8 });
  #stop: (() => void) | undefined;

  constructor(parts: CustomKindsParts) {
    this.#parts = parts;
    this.#objects = parts.cache.of(parts.definitions);
  }

  /** Takes in all definitions that are there, with their objects, and follows them from now on. */
  async start(): Promise<void> {
    const waiting: Promise<void>[] = [];
    for (const definition of this.#objects.snapshot().range("", "")) {
      this.#take(definition);
      const served = this.#served.get(definition.name);
      if (served !== undefined) waiting.push(served.loading);
    }
    this.#stop = this.#objects.listen({}, (event) => this.#follow(event));
    await Promise.all(waiting);
  }

  close(): void {
    this.#stop?.();
    for (const served of this.#served.values()) served.dropped.abort();
    this.#agent.destroy();
  }

  /** Called with the name of each definition whose objects are served from now on, in another form, or no more. */
  onChange(listener: (name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All definitions whose objects are served now, by name. */
  *definitions(): Generator<CustomResourceDefinition> {
    for (const served of this.#served.values()) if (served.isLoaded) yield served.definition.object() as CustomResourceDefinition;
  }

  /** A digest of each served definition's form, and its served versions (`example.com/v1`): without reading the definitions anew. */
  *digests(): Generator<{ digest: string; versions: readonly string[] }> {
    for (const [name, served] of this.#served) if (served.isLoaded) yield { digest: `${name}:${served.form}`, versions: served.versions };
  }

  /** Whether this server serves the definition's objects. */
  serves(name: string): boolean {
    return this.#served.get(name)?.isLoaded === true;
  }

  /** The kind in whose name the definition's objects are stored; undefined when they are not served. */
  storedKind(name: string): ServedKind | undefined {
    const served = this.#served.get(name);
    return served?.isLoaded === true ? served.stored : undefined;
  }

  /** The kind of a path that the table does not have: what another server has just established is waited for. */
  async find(info: Pick<RequestInfo, "group" | "version" | "resource">): Promise<ServedKind | undefined> {
    const { cache, kinds, clock } = this.#parts;
    // Groups of definitions have a dot.
    if (!info.group.includes(".")) return undefined;
    const name = `${info.resource}.${info.group}`;
    if (!this.#served.has(name)) await cache.fresh();
    const served = this.#served.get(name);
    if (served !== undefined && !served.isLoaded) await Promise.race([served.loading, clock.sleep(FIND_WAIT_MS)]);
    return kinds.byResource(info.group, info.version, info.resource);
  }

  #follow(event: CacheEvent): void {
    if (event.current === undefined) this.#drop(event.key);
    else this.#take(event.current);
  }

  #take(object: CachedObject): void {
    const definition = object.object() as CustomResourceDefinition;
    const name = object.name;
    const uid = definition.metadata.uid ?? "";
    let served = this.#served.get(name);
    if (served !== undefined && served.uid !== uid) {
      this.#drop(name);
      served = undefined;
    }
    if (!isConditionTrue(definition, "NamesAccepted") && !isConditionTrue(definition, "Established")) {
      if (served !== undefined) this.#drop(name);
      return;
    }
    if (served === undefined) {
      this.#add(name, uid, object, definition);
      return;
    }
    const terminating = isConditionTrue(definition, "Terminating");
    const form = formOf(definition);
    const isNewForm = form !== served.form;
    served.definition = object;
    if (!isNewForm && terminating === served.terminating) return;
    served.terminating = terminating;
    if (isNewForm) {
      served.form = form;
      served.retire.abort();
      served.retire = new AbortController();
    }
    if (served.isLoaded) this.#publish(name, served);
  }

  #add(name: string, uid: string, object: CachedObject, definition: CustomResourceDefinition): void {
    const stored = storedKind(definition);
    const dropped = new AbortController();
    const served: Served = {
      uid,
      stored,
      definition: object,
      form: formOf(definition),
      terminating: isConditionTrue(definition, "Terminating"),
      retire: new AbortController(),
      isLoaded: false,
      loading: this.#load(name, stored, dropped.signal),
      dropped,
      versions: [],
    };
    this.#served.set(name, served);
  }

  async #load(name: string, stored: ServedKind, dropped: AbortSignal): Promise<void> {
    const { cache, clock, logger } = this.#parts;
    while (!dropped.aborted) {
      try {
        await cache.addKindLater(stored);
        break;
      } catch (error) {
        logger.warn({ err: error, definition: name }, "the objects of a custom resource could not be read; trying again");
        await clock.sleep(LOAD_RETRY_MS, dropped).catch(() => undefined);
      }
    }
    const served = this.#served.get(name);
    if (dropped.aborted || served?.stored !== stored) {
      cache.removeKind(stored);
      return;
    }
    served.isLoaded = true;
    this.#publish(name, served);
  }

  #publish(name: string, served: Served): void {
    const { kinds, random, clock, definitions } = this.#parts;
    const definition = served.definition.object() as CustomResourceDefinition;
    const schemas = new DefinitionSchemas(definition, () => this.#objects.get(name)?.object() as CustomResourceDefinition | undefined);
    const versions = servedVersions(definition, {
      stored: served.stored,
      schemas,
      retired: served.retire.signal,
      isTerminating: () => served.terminating,
      key: definitions.storageKey("", name),
      revision: () => (this.#served.get(name) === served ? served.definition.revision : undefined),
      webhooks: { agent: this.#agent, dialService: this.#parts.dialService, clock },
      random,
    });
    served.versions = versions.map((kind) => kind.apiVersion);
    kinds.setCustom(name, versions);
    this.#changed(name);
  }

  #drop(name: string): void {
    const served = this.#served.get(name);
    if (served === undefined) return;
    this.#served.delete(name);
    served.dropped.abort();
    this.#parts.kinds.setCustom(name, []);
    served.retire.abort();
    this.#parts.cache.removeKind(served.stored);
    this.#changed(name);
  }

  #changed(name: string): void {
    for (const listener of [...this.#listeners]) listener(name);
  }
}

/** A digest of all that the versions' kinds depend on. */
function formOf(definition: CustomResourceDefinition): string {
  return createHash("sha256")
    .update(JSON.stringify([definition.spec, definition.status?.acceptedNames], (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)))
    .digest("base64");
}
