import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  namespaces,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  poddisruptionbudgets,
  pods,
  replicasets,
  replicationcontrollers,
  type Resource,
  services,
  statefulsets,
  storageclasses,
} from "../api/resources.ts";
import type { Client } from "../client/client.ts";
import { discoverResources } from "../client/discovery.ts";
import type { PersistentVolumeClaim } from "../api/wire.ts";
import { type EventHandler, type Identified, keyOf } from "../client/informer.ts";
import type { InformerSet } from "../client/informer-set.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { WorkloadKind, WorkloadObject } from "./relations/default-spread.ts";
import { podGroups } from "./gang/pod-groups.ts";
import type { SchedulerCore, StorageKind } from "./core.ts";

/** One kind of object that the core is told of. */
interface Input {
  readonly resource: Resource<Identified>;
  readonly handler: EventHandler<Identified>;
}

function inputOf<T extends Identified>(resource: Resource<T>, set: (object: T) => void, remove: (object: T) => void): Input {
  return { resource: resource as unknown as Resource<Identified>, handler: { add: set, update: set, delete: remove } as unknown as EventHandler<Identified> };
}

/** Nodes before pods, so that pods find theirs; what pods are judged by before both. */
/** A storage object under its name, or `namespace/name`. */
function storageInput<T extends Identified>(core: SchedulerCore, resource: Resource<T>, kind: StorageKind, onClaim?: (key: string, claim: PersistentVolumeClaim | undefined) => void): Input {
  const tell = (object: T, present: T | undefined) => {
    const key = keyOf(object);
    core.setStorage(kind, key, present as never);
    onClaim?.(key, present as PersistentVolumeClaim | undefined);
  };
  return inputOf(resource, (object) => tell(object, object), (object) => tell(object, undefined));
}

/** What says which pods belong together. */
function workloadInput<T extends Identified & WorkloadObject>(core: SchedulerCore, resource: Resource<T>): Input {
  const tell = (object: T, present: T | undefined) => core.setWorkload(resource.kind as WorkloadKind, object.metadata.namespace ?? "", object.metadata.name ?? "", present);
  return inputOf(resource, (object) => tell(object, object), (object) => tell(object, undefined));
}

function inputsOf({ core, onPodGone, onClaim }: InputsOptions): Input[] {
  const nameOf = (object: Identified) => object.metadata.name ?? "";
  const namespaceOf = (object: Identified) => object.metadata.namespace ?? "";
  return [
    inputOf(namespaces, (namespace) => core.setNamespace(nameOf(namespace), namespace.metadata.labels ?? {}), (namespace) => core.setNamespace(nameOf(namespace), undefined)),
    inputOf(poddisruptionbudgets, (budget) => core.setBudget(budget), (budget) => core.removeBudget(namespaceOf(budget), nameOf(budget))),
    storageInput(core, storageclasses, "classes"),
    storageInput(core, csidrivers, "drivers"),
    storageInput(core, csinodes, "csiNodes"),
    storageInput(core, csistoragecapacities, "capacities"),
    storageInput(core, persistentvolumes, "volumes"),
    storageInput(core, persistentvolumeclaims, "claims", onClaim),
    inputOf(podGroups, (group) => core.setPodGroup(keyOf(group), group), (group) => core.setPodGroup(keyOf(group), undefined)),
    inputOf(nodes, (node) => core.setNode(node), (node) => core.removeNode(nameOf(node))),
    inputOf(pods, (pod) => core.setPod(pod), (pod) => {
      const key = `${namespaceOf(pod)}/${nameOf(pod)}`;
      core.removePod(key);
      onPodGone(key);
    }),
  ];
}

export interface InputsOptions {
  readonly client: Client;
  readonly informers: InformerSet;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly core: SchedulerCore;
  /** Called after each change. */
  readonly onChange: () => void;
  readonly onPodGone: (key: string) => void;
  readonly onClaim: (key: string, claim: PersistentVolumeClaim | undefined) => void;
}

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;
/** How often it is looked whether a resource that was not served is served now (custom resources come and go). */
const DISCOVERY_PERIOD_MS = 60_000;
/** A cluster that has just been started may define its custom resources a moment later. */
const FIRST_DISCOVERY_MS = 1_000;

/** Feeds the core from the informers of all resources that it knows and the server serves. */
export class Inputs {
  readonly #options: InputsOptions;
  readonly #stops: (() => void)[] = [];
  readonly #missing: Input[];
  #followsWorkloads = false;
  #started = false;

  constructor(options: InputsOptions) {
    this.#options = options;
    this.#missing = inputsOf(options);
  }

  /** Resolves when everything that is served has been listed and told to the core. Rejects when `signal` aborts. */
  async start(signal: AbortSignal): Promise<void> {
    for (let delay_ms = FIRST_RETRY_MS; ; delay_ms = Math.min(MAX_RETRY_MS, delay_ms * 2)) {
      try {
        await this.#subscribe(signal);
        await this.#followWorkloads(signal);
        this.#started = true;
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        this.#options.logger.warn({ error: String(error) }, "cannot discover what the API server serves; trying again");
      }
      await this.#options.clock.sleep(delay_ms, signal);
    }
  }

  /** Subscribes to what is served later, until `signal` aborts. Never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    for (let delay_ms = FIRST_DISCOVERY_MS; !signal.aborted && this.#missing.length > 0; delay_ms = Math.min(DISCOVERY_PERIOD_MS, delay_ms * 2)) {
      await this.#options.clock.sleep(delay_ms, signal).catch(() => undefined);
      if (!signal.aborted) await this.#subscribe(signal).catch(() => undefined);
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  /** Services and workload objects are read only where a profile looks at them. */
  async #followWorkloads(signal: AbortSignal): Promise<void> {
    const { core } = this.#options;
    if (this.#followsWorkloads || !core.needsWorkloads) return;
    this.#followsWorkloads = true;
    this.#missing.push(workloadInput(core, services), workloadInput(core, replicasets), workloadInput(core, replicationcontrollers), workloadInput(core, statefulsets));
    await this.#subscribe(signal);
  }

  async #subscribe(signal: AbortSignal): Promise<void> {
    const served = new Set((await discoverResources(this.#options.client, signal)).resources.map((resource) => `${resource.group}/${resource.resource}`));
    for (const input of [...this.#missing]) {
      const { resource } = input;
      if (!served.has(`${resource.group}/${resource.resource}`)) continue;
      this.#missing.splice(this.#missing.indexOf(input), 1);
      const informer = this.#options.informers.get(resource);
      await informer.whenSynced(signal);
      this.#stops.push(informer.addHandler(this.#wrap(input.handler, signal)));
    }
  }

  #wrap(handler: EventHandler<Identified>, signal: AbortSignal): EventHandler<Identified> {
    const onChange = () => {
      if (this.#options.core.needsWorkloads && this.#started) void this.#followWorkloads(signal).catch(() => undefined);
      this.#options.onChange();
    };
    return {
      add: (object) => {
        handler.add?.(object);
        onChange();
      },
      update: (object, old) => {
        handler.update?.(object, old);
        onChange();
      },
      delete: (object) => {
        handler.delete?.(object);
        onChange();
      },
    };
  }
}
