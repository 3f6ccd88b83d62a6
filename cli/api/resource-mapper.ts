import type { Resource } from "../../api/resources.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { Client } from "../../client/client.ts";
import { UserError } from "../user-error.ts";
import { readJson } from "./read-json.ts";

/** A resource as discovery tells it. */
export interface MappedResource extends Resource<ApiObject> {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList, the parts that are read. */
interface GroupDiscoveryList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly { readonly version: string; readonly resources?: readonly ResourceDiscovery[] }[];
  }[];
}

interface ResourceDiscovery {
  readonly resource: string;
  readonly responseKind?: { readonly kind: string };
  readonly scope: "Namespaced" | "Cluster";
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string }[];
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Finds what a user means by `po`, `pods`, `deployments.apps` or `Deployment`. Groups come in the server's order of preference. */
export class ResourceMapper {
  readonly #resources: readonly MappedResource[];

  constructor(resources: readonly MappedResource[]) {
    this.#resources = resources;
  }

  /** All resources, in the server's order. */
  get all(): readonly MappedResource[] {
    return this.#resources;
  }

  /** @throws UserError when the server has no such type */
  byName(text: string): MappedResource {
    const [name = "", ...rest] = text.toLowerCase().split(".");
    const qualifier = rest.join(".");
    const found = this.#resources.find((one) => answersTo(one, name) && (qualifier === "" || one.group === qualifier || `${one.version}.${one.group}` === qualifier));
    if (found === undefined) throw new UserError(`the server doesn't have a resource type ${JSON.stringify(text)}`);
    return found;
  }

  /** The resources of a category (`all`). */
  byCategory(category: string): readonly MappedResource[] {
    return this.#resources.filter((one) => one.categories.includes(category));
  }

  /** @throws UserError when the server does not serve the kind */
  byKind(apiVersion: string, kind: string): MappedResource {
    const slash = apiVersion.indexOf("/");
    const group = slash < 0 ? "" : apiVersion.slice(0, slash);
    const version = apiVersion.slice(slash + 1);
    const found = this.#resources.find((one) => one.kind === kind && one.group === group && one.version === version);
    if (found === undefined) throw new UserError(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}; is its definition installed?`);
    return found;
  }
}

function answersTo(resource: MappedResource, name: string): boolean {
  return resource.resource === name || resource.singular === name || resource.kind.toLowerCase() === name || resource.shortNames.includes(name);
}

/** Asks the server what it serves: two requests. */
export async function discover(client: Client): Promise<ResourceMapper> {
  const lists = await Promise.all(["/api", "/apis"].map((path) => readJson<GroupDiscoveryList>(client, { path, headers: { accept: AGGREGATED } })));
  const resources = lists.flatMap((list) =>
    (list.items ?? []).flatMap((group) =>
      (group.versions ?? []).flatMap((version) => (version.resources ?? []).map((one) => mapped(group.metadata?.name ?? "", version.version, one))),
    ),
  );
  return new ResourceMapper(resources);
}

function mapped(group: string, version: string, one: ResourceDiscovery): MappedResource {
  return {
    group,
    version,
    resource: one.resource,
    kind: one.responseKind?.kind ?? "",
    namespaced: one.scope === "Namespaced",
    singular: one.singularResource,
    shortNames: one.shortNames ?? [],
    categories: one.categories ?? [],
    verbs: one.verbs,
    subresources: (one.subresources ?? []).map((sub) => sub.subresource),
  };
}
