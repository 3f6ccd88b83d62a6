import { configmaps, type Resource, secrets } from "../../api/resources.ts";
import type { ConfigMap, Pod, Secret, Volume } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import type { Informer } from "../../client/informer.ts";
import { createInformer } from "../../client/shared-informer.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import type { Random } from "../../lib/random.ts";
import { NotFoundError } from "../pod/config/environment.ts";
import { specOf, uidOf } from "../pod/spec.ts";

export interface ObjectCacheOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Watched<T> {
  readonly informer: Informer<T>;
  readonly stop: AbortController;
  readonly pods: Set<string>;
}

type Config = ConfigMap | Secret;
type Kind = "configmap" | "secret";

/**
 * ConfigMaps and Secrets of this node's pods. Those that volumes show are watched, one by one (a node may see no others), while a
 * pod uses them; any other is asked for when it is needed.
 */
export class ObjectCache {
  readonly #options: ObjectCacheOptions;
  readonly #watched = new Map<string, Watched<Config>>();
  readonly #onChange: (uids: Iterable<string>) => void;

  /** `onChange` gets the uids of the pods whose volumes show an object that changed. */
  constructor(options: ObjectCacheOptions, onChange: (uids: Iterable<string>) => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  configMap(namespace: string, name: string): Promise<ConfigMap> {
    return this.#get<ConfigMap>(configmaps, "configmap", namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret> {
    return this.#get<Secret>(secrets, "secret", namespace, name);
  }

  /** Watches what the pod's mounted volumes show, until `release`. */
  retain(pod: Pod, volumes: readonly Volume[]): void {
    const uid = uidOf(pod);
    for (const [kind, name] of volumes.flatMap(referencesOf)) this.#watch(kind, pod.metadata.namespace ?? "", name).pods.add(uid);
  }

  release(uid: string): void {
    for (const [id, entry] of this.#watched) {
      if (!entry.pods.delete(uid) || entry.pods.size > 0) continue;
      entry.stop.abort();
      this.#watched.delete(id);
    }
  }

  close(): void {
    for (const entry of this.#watched.values()) entry.stop.abort();
    this.#watched.clear();
  }

  async #get<T extends Config>(resource: Resource<T>, kind: Kind, namespace: string, name: string): Promise<T> {
    const informer = this.#watched.get(idOf(kind, namespace, name))?.informer;
    const known = informer?.hasSynced() ? informer.get(`${namespace}/${name}`) : undefined;
    if (known !== undefined) return known as T;
    try {
      return await this.#options.client.get(resource, { namespace, name });
    } catch (error) {
      if (isReason(error, "NotFound")) throw new NotFoundError(`${kind} "${name}" not found`);
      throw error;
    }
  }

  #watch(kind: Kind, namespace: string, name: string): Watched<Config> {
    const id = idOf(kind, namespace, name);
    const known = this.#watched.get(id);
    if (known !== undefined) return known;
    const resource = (kind === "configmap" ? configmaps : secrets) as Resource<Config>;
    const informer = createInformer<Config>({ ...this.#options, resource, namespace, fieldSelector: `metadata.name=${name}` });
    const entry: Watched<Config> = { informer, stop: new AbortController(), pods: new Set() };
    informer.addHandler({ add: () => this.#onChange(entry.pods), update: () => this.#onChange(entry.pods) });
    void informer.run(entry.stop.signal);
    this.#watched.set(id, entry);
    return entry;
  }
}

function idOf(kind: Kind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

function referencesOf(volume: Volume): [Kind, string][] {
  const found: [Kind, string | undefined][] = [
    ["configmap", volume.configMap?.name],
    ["secret", volume.secret?.secretName],
    ...(volume.projected?.sources ?? []).flatMap((source): [Kind, string | undefined][] => [
      ["configmap", source.configMap?.name],
      ["secret", source.secret?.name],
    ]),
  ];
  return found.filter((entry): entry is [Kind, string] => entry[1] !== undefined);
}

/** The pod's volumes that a container mounts (or reads a file of, for its environment); the others are not set up. */
export function usedVolumes(pod: Pod): Volume[] {
  const spec = specOf(pod);
  const used = new Set<string>();
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const mount of container.volumeMounts ?? []) used.add(mount.name);
    for (const variable of container.env ?? []) if (variable.valueFrom?.fileKeyRef !== undefined) used.add(variable.valueFrom.fileKeyRef.volumeName);
  }
  return (spec.volumes ?? []).filter((volume) => used.has(volume.name));
}
