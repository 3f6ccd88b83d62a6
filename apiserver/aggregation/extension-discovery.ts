import type { Availability } from "./availability.ts";
import type { RemoteService, RemoteServices } from "./remote-services.ts";

/** A resource of metav1.APIResourceList, as far as we look into it. */
interface ListedResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

/** A version of aggregated discovery (apidiscovery.k8s.io/v2). */
export interface DiscoveredVersion {
  readonly version: string;
  readonly resources: readonly object[];
  readonly freshness: "Current" | "Stale";
}

/** An extension server's group version among those of its group. */
export interface ExtensionVersion {
  readonly group: string;
  readonly version: string;
  readonly groupPriority: number;
  readonly versionPriority: number;
  readonly discovered: DiscoveredVersion;
}

/** What the extension servers said that they serve, as of their last good check: discovery never waits for any of them. */
export class ExtensionDiscovery {
  readonly #remotes: RemoteServices;
  readonly #resources = new Map<string, readonly object[]>();
  #generation = 0;

  constructor(remotes: RemoteServices, availability: Availability) {
    this.#remotes = remotes;
    remotes.onChange((name, service) => {
      this.#generation++;
      if (service === undefined) this.#resources.delete(name);
    });
    availability.onCheck((service, list) => this.#checked(service, list));
  }

  /** Grows when the answer to `versions` may have changed. */
  get generation(): number {
    return this.#generation;
  }

  get versions(): readonly ExtensionVersion[] {
    return this.#remotes.all.map(({ name, group, version, groupPriority, versionPriority, available }) => ({
      group,
      version,
      groupPriority,
      versionPriority,
      discovered: { version, resources: this.#resources.get(name) ?? [], freshness: available && this.#resources.has(name) ? "Current" : "Stale" },
    }));
  }

  #checked({ name, group, version }: RemoteService, list: unknown): void {
    if (list === undefined) return;
    const resources = aggregatedResources(list, group, version);
    if (JSON.stringify(resources) === JSON.stringify(this.#resources.get(name))) return;
    this.#resources.set(name, resources);
    this.#generation++;
  }
}

/** The legacy list's resources in the aggregated form: subresources inside their resources. */
function aggregatedResources(list: unknown, group: string, version: string): object[] {
  const listed = ((list as { resources?: unknown }).resources ?? []) as ListedResource[];
  if (!Array.isArray(listed)) return [];
  const valid = listed.filter((one) => typeof one === "object" && one !== null && typeof one.name === "string" && typeof one.kind === "string" && Array.isArray(one.verbs));
  const responseKind = (one: ListedResource) => ({ group: one.group || group, version: one.version || version, kind: one.kind });
  return valid
    .filter(({ name }) => !name.includes("/"))
    .map((one) => {
      const subresources = valid.filter(({ name }) => name.startsWith(`${one.name}/`)).map((sub) => ({ subresource: sub.name.slice(one.name.length + 1), responseKind: responseKind(sub), verbs: sub.verbs }));
      return {
        resource: one.name,
        responseKind: responseKind(one),
        scope: one.namespaced ? "Namespaced" : "Cluster",
        singularResource: one.singularName ?? "",
        verbs: one.verbs,
        ...(one.shortNames?.length ? { shortNames: one.shortNames } : {}),
        ...(one.categories?.length ? { categories: one.categories } : {}),
        ...(subresources.length > 0 ? { subresources } : {}),
      };
    });
}
