import type { ApiObject } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import { type DiscoveredResource, discoverResources } from "../../client/discovery.ts";
import type { DeletionReport } from "./conditions.ts";

const NEEDED_VERBS = ["list", "delete"];
/** Resources worked on at once. */
const CONCURRENCY = 8;

export interface ContentReport extends DeletionReport {
  /** Longest grace period of a pod that is still there, in seconds. */
  readonly estimate_s: number;
}

/**
 * One round of deleting all that a namespace holds, whatever kinds are served: pods first, and while any remains nothing else (KEP-5080: what a
 * pod depends on, its network policies above all, outlives it). Nothing is waited for; the report says what is left.
 */
export async function deleteContent(client: Client, namespace: string, signal: AbortSignal): Promise<ContentReport> {
  const round = new Round(client, namespace, signal);
  const { resources, failed } = await discoverResources(client, signal);
  const held = resources.filter((resource) => resource.namespaced && NEEDED_VERBS.every((verb) => resource.verbs.includes(verb)));
  const isPod = (resource: DiscoveredResource) => resource.group === "" && resource.resource === "pods";
  await round.deleteAll(held.filter(isPod));
  if (round.report.remaining.size === 0 && round.report.deletionErrors.length === 0) await round.deleteAll(held.filter((resource) => !isPod(resource)));
  return { ...round.report, discoveryErrors: failed.map((version) => `unable to retrieve the complete list of server APIs: ${version}`), estimate_s: round.estimate_s };
}

class Round {
  readonly #client: Client;
  readonly #namespace: string;
  readonly #signal: AbortSignal;
  readonly report = { deletionErrors: [] as string[], remaining: new Map<string, number>(), finalizers: new Map<string, number>() };
  estimate_s = 0;

  constructor(client: Client, namespace: string, signal: AbortSignal) {
    this.#client = client;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  async deleteAll(resources: readonly DiscoveredResource[]): Promise<void> {
    const waiting = [...resources];
    const worker = async () => {
      for (let resource = waiting.shift(); resource !== undefined; resource = waiting.shift()) await this.#delete(resource);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  async #delete(resource: DiscoveredResource): Promise<void> {
    try {
      const before = await this.#list(resource);
      if (before.length === 0) return;
      const background = { propagationPolicy: "Background" as const, signal: this.#signal };
      if (resource.verbs.includes("deletecollection")) await this.#client.deleteCollection(resource, { namespace: this.#namespace }, background);
      else for (const { metadata } of before) await this.#deleteOne(resource, metadata.name ?? "");
      this.#count(resource, await this.#list(resource));
    } catch (error) {
      // No longer served: it holds nothing.
      if (isReason(error, "NotFound") || isReason(error, "MethodNotAllowed")) return;
      this.report.deletionErrors.push(`${resource.resource}.${resource.group}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #deleteOne(resource: DiscoveredResource, name: string): Promise<void> {
    try {
      await this.#client.delete(resource, { namespace: this.#namespace, name }, { propagationPolicy: "Background", signal: this.#signal });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }

  async #list(resource: DiscoveredResource): Promise<readonly ApiObject[]> {
    return (await this.#client.list(resource, { namespace: this.#namespace, metadataOnly: resource.resource !== "pods" }, this.#signal)).items;
  }

  #count(resource: DiscoveredResource, left: readonly ApiObject[]): void {
    if (left.length === 0) return;
    this.report.remaining.set(`${resource.resource}.${resource.group}`, left.length);
    for (const object of left) {
      for (const finalizer of object.metadata.finalizers ?? []) this.report.finalizers.set(finalizer, (this.report.finalizers.get(finalizer) ?? 0) + 1);
      const grace_s = object.metadata.deletionGracePeriodSeconds ?? 0;
      this.estimate_s = Math.max(this.estimate_s, grace_s, resource.resource === "pods" ? 1 : 0);
    }
  }
}
