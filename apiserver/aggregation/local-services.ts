import { StatusError } from "../../api/status/errors.ts";
import type { APIService } from "../../api/wire.ts";
import { deleteObject } from "../registry/delete.ts";
import type { Registry } from "../registry/registry.ts";
import type { KindTable } from "../registry/served-kind.ts";
import { ensureObject, systemContext } from "../registry/system-write.ts";
import { groupPriority, isBuiltInGroup, versionPriority } from "./group-priority.ts";

const MANAGED = "kube-aggregator.kubernetes.io/automanaged";
const WHILE_SERVED = "true";
/** Served by the aggregator itself, which has no APIService. */
const OWN_GROUP = "apiregistration.k8s.io";

/**
 * APIServices of what this server serves itself, one for each group version: those of built-in kinds are made at start, those of custom resources come and
 * go with their definitions.
 */
export class LocalServices {
  readonly #registry: Registry;
  #wanted = new Map<string, APIService>();
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async start(): Promise<void> {
    const kind = this.#kind();
    if (kind === undefined) return;
    // What was defined when a server last looked may be defined no more.
    for (const cached of this.#registry.cache.of(kind).snapshot().range("", "")) {
      if (cached.labels?.[MANAGED] === WHILE_SERVED) this.#wanted.set(cached.key, cached.object() as APIService);
    }
    this.#registry.kinds.onChange(() => this.#changed());
    await this.#reconcile();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  #kind() {
    return this.#registry.kinds.byResource(OWN_GROUP, "v1", "apiservices");
  }

  #changed(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#reconcile().catch((error: unknown) => this.#registry.logger.warn({ err: error }, "the APIServices of custom resources could not be written"));
    }
  }

  async #reconcile(): Promise<void> {
    const wanted = localApiServices(this.#registry.kinds);
    for (const [name, service] of wanted) if (!this.#wanted.has(name) || service.metadata.labels?.[MANAGED] === WHILE_SERVED) await ensureObject(this.#registry, service);
    for (const name of this.#wanted.keys()) if (!wanted.has(name)) await this.#remove(name);
    this.#wanted = wanted;
  }

  /** Unless somebody made it their own. */
  async #remove(name: string): Promise<void> {
    const kind = this.#kind();
    const present = kind === undefined ? undefined : this.#registry.cache.of(kind).get(name);
    if (kind === undefined || present?.labels?.[MANAGED] !== WHILE_SERVED || (present.object() as APIService).spec?.service) return;
    try {
      await deleteObject(this.#registry, kind, name, {}, systemContext(this.#registry, ""));
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "NotFound")) throw error;
    }
  }
}

function localApiServices(kinds: KindTable): Map<string, APIService> {
  const services = new Map<string, APIService>();
  for (const { entry } of kinds.all) {
    const { group, version } = entry;
    const name = `${version}.${group}`;
    if (group === OWN_GROUP || services.has(name)) continue;
    services.set(name, {
      apiVersion: `${OWN_GROUP}/v1`,
      kind: "APIService",
      metadata: { name, labels: { [MANAGED]: isBuiltInGroup(group) ? "onstart" : WHILE_SERVED } },
      spec: { group, version, groupPriorityMinimum: groupPriority(group), versionPriority: versionPriority(group, version) },
    });
  }
  return services;
}
