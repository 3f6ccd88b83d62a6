import { CLEANUP_FINALIZER, setCondition } from "../../api/kinds/apiextensions/custom-resource-definition.ts";
import { StatusError } from "../../api/status/errors.ts";
import { isConditionTrue } from "../../api/validation/apiextensions/definition.ts";
import type { CustomResourceDefinition } from "../../api/wire.ts";
import { deleteObject } from "../registry/delete.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { API_SERVER_USER } from "../registry/system-write.ts";
import type { CustomKinds } from "./custom-kinds.ts";
import type { Change } from "./definition-controller.ts";

const WORKERS = 8;
const RETRY_MS = 1_000;

export interface CleanUpParts {
  readonly registry: Registry;
  readonly custom: CustomKinds;
  /** Writes a definition's status and finalizers. */
  update(name: string, change: Change): Promise<void>;
}

/** Deletes all objects of a definition that is being deleted, waits until they are gone (others may hold them by finalizers), and lets the definition go. */
export class CleanUp {
  readonly #parts: CleanUpParts;
  readonly #running = new Set<string>();
  readonly #stop = new AbortController();

  constructor(parts: CleanUpParts) {
    this.#parts = parts;
  }

  /** Begins, unless it is under way. */
  begin(name: string): void {
    if (this.#running.has(name) || this.#stop.signal.aborted) return;
    this.#running.add(name);
    void this.#work(name).finally(() => this.#running.delete(name));
  }

  close(): void {
    this.#stop.abort();
  }

  async #work(name: string): Promise<void> {
    const { registry } = this.#parts;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#finish(name);
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        registry.logger.warn({ err: error, definition: name }, "the objects of a CustomResourceDefinition could not all be deleted; trying again");
        await registry.clock.sleep(RETRY_MS, this.#stop.signal).catch(() => undefined);
      }
    }
  }

  async #finish(name: string): Promise<void> {
    const { custom, update } = this.#parts;
    const kind = custom.storedKind(name);
    let wasEstablished = false;
    await update(name, (definition, now) => {
      if (!holds(definition)) return false;
      wasEstablished = isConditionTrue(definition, "Established");
      if (wasEstablished) terminating(definition, "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress", now);
      return wasEstablished;
    });
    if (wasEstablished && kind === undefined) throw new Error("its objects are not loaded yet");
    if (kind !== undefined) await this.#deleteAll(name, kind);
    await update(name, (definition, now) => {
      if (!holds(definition)) return false;
      if (!wasEstablished) terminating(definition, "False", "NeverEstablished", "resource was never established", now);
      else terminating(definition, "False", "InstanceDeletionCompleted", "removed all instances", now);
      definition.metadata.finalizers = definition.metadata.finalizers?.filter((finalizer) => finalizer !== CLEANUP_FINALIZER) ?? [];
      return true;
    });
  }

  async #deleteAll(name: string, kind: ServedKind): Promise<void> {
    const { registry, update } = this.#parts;
    const objects = registry.cache.of(kind);
    await registry.cache.fresh();
    const keys = Array.from(objects.snapshot().range("", ""), (object) => ({ name: object.name, namespace: object.namespace }));
    const faults: string[] = [];
    const next = keys.values();
    const worker = async () => {
      for (const key of next) {
        if (this.#stop.signal.aborted) return;
        try {
          await this.#deleteOne(kind, key);
        } catch (error) {
          faults.push(error instanceof Error ? error.message : String(error));
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(WORKERS, keys.length) }, worker));
    if (faults.length > 0) {
      const text = `could not issue all deletes: ${faults.length === 1 ? faults[0] : `[${faults.slice(0, 10).join(", ")}]`}`;
      await update(name, (definition, now) => holds(definition) && terminating(definition, "True", "InstanceDeletionFailed", text, now));
      throw new Error(text);
    }
    await emptied(objects, this.#stop.signal);
    // Of creations that were under way each compares the definition's revision, which has changed since.
    await registry.cache.fresh();
    if (objects.size > 0) throw new Error("objects were created meanwhile");
  }

  async #deleteOne(kind: ServedKind, { name, namespace }: { name: string; namespace: string }): Promise<void> {
    const { registry } = this.#parts;
    const context = { user: API_SERVER_USER, namespace, manager: "kube-apiserver", dryRun: false, now_ms: registry.clock.now_ms(), warnings: [] };
    try {
      await deleteObject(registry, kind, name, {}, context);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== "NotFound") throw error;
    }
  }
}

/** The definition waits for this clean-up. */
function holds(definition: CustomResourceDefinition): boolean {
  return !!definition.metadata.deletionTimestamp && definition.metadata.finalizers?.includes(CLEANUP_FINALIZER) === true;
}

function terminating(definition: CustomResourceDefinition, status: "True" | "False", reason: string, message: string, now: string): true {
  setCondition(definition, { type: "Terminating", status, reason, message }, now);
  return true;
}

/** Resolves when no object is left, or the server closes. */
function emptied(objects: KindCache, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unlisten();
      stop.removeEventListener("abort", done);
      resolve();
    };
    const unlisten = objects.listen({}, () => {
      if (objects.size === 0) done();
    });
    stop.addEventListener("abort", done);
    if (objects.size === 0 || stop.aborted) done();
  });
}
