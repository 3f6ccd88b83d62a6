import type { APIService } from "../../api/wire.ts";
import type { CachedObject } from "../registry/cached-object.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import type { KindTable } from "../registry/served-kind.ts";

/** A group version that an extension server serves. */
export interface RemoteService {
  /** Of the APIService. */
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number };
  /** PEM; absent: the system's authorities. */
  readonly caBundle?: string;
  readonly insecureSkipTLSVerify: boolean;
  readonly groupPriority: number;
  readonly versionPriority: number;
  /** What the availability check found last, whichever server made it. */
  readonly available: boolean;
  readonly message: string;
}

const HTTPS_PORT = 443;

/** The APIServices that name a Service, as they are now; told of every change. */
export class RemoteServices {
  readonly #kinds: KindTable;
  readonly #byVersion = new Map<string, RemoteService>();
  readonly #listeners = new Set<(name: string, service: RemoteService | undefined) => void>();

  constructor(kinds: KindTable) {
    this.#kinds = kinds;
  }

  /** Follows the objects from now on; call it once the cache is filled. */
  follow(objects: KindCache): void {
    for (const object of objects.snapshot().range("", "")) this.#set(object);
    objects.listen({}, ({ current, previous }) => {
      if (current !== undefined) this.#set(current);
      else if (previous !== undefined) this.#change(previous.key, undefined);
    });
  }

  onChange(listener: (name: string, service: RemoteService | undefined) => void): void {
    this.#listeners.add(listener);
  }

  /** Whoever serves the group version elsewhere; what this server itself has built in is never given away. */
  of(group: string, version: string): RemoteService | undefined {
    if (this.#byVersion.size === 0 || group === "") return undefined;
    const found = this.#byVersion.get(`${version}.${group}`);
    return found !== undefined && !this.#isBuiltIn(group, version) ? found : undefined;
  }

  get all(): readonly RemoteService[] {
    return [...this.#byVersion.values()].filter(({ group, version }) => !this.#isBuiltIn(group, version));
  }

  #isBuiltIn(group: string, version: string): boolean {
    return this.#kinds.all.some(({ entry, definition }) => definition !== undefined && entry.group === group && entry.version === version);
  }

  #set(object: CachedObject): void {
    this.#change(object.key, remoteOf(object.object() as APIService));
  }

  #change(name: string, service: RemoteService | undefined): void {
    if (service === undefined && !this.#byVersion.has(name)) return;
    if (service === undefined) this.#byVersion.delete(name);
    else this.#byVersion.set(name, service);
    for (const listener of this.#listeners) listener(name, service);
  }
}

function remoteOf({ metadata, spec, status }: APIService): RemoteService | undefined {
  if (!spec?.service) return undefined;
  const { service, group = "", version = "", caBundle } = spec;
  const condition = status?.conditions?.find(({ type }) => type === "Available");
  return {
    name: metadata.name ?? "",
    group,
    version,
    service: { namespace: service.namespace ?? "", name: service.name ?? "", port: service.port ?? HTTPS_PORT },
    ...(caBundle ? { caBundle: Buffer.from(caBundle, "base64").toString("utf8") } : {}),
    insecureSkipTLSVerify: spec.insecureSkipTLSVerify ?? false,
    groupPriority: spec.groupPriorityMinimum,
    versionPriority: spec.versionPriority,
    available: condition?.status === "True",
    message: condition?.message ?? "it has not been checked yet",
  };
}
