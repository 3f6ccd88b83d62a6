import type { OwnerReference } from "../../api/wire.ts";
import type { DiscoveredResource } from "../../client/discovery.ts";
import type { Identified } from "../../client/informer.ts";
import { groupOf } from "../shared/owner.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

/** An object in the graph of owners and dependents. */
export interface GraphNode {
  readonly uid: string;
  /** Absent while only references to it have been seen. */
  observed: { readonly resource: DiscoveredResource; readonly namespace: string | undefined; readonly name: string } | undefined;
  owners: readonly OwnerReference[];
  /** Uids. */
  readonly dependents: Set<string>;
  deleting: boolean;
  /** Being deleted, and what blocks its deletion goes first. */
  foreground: boolean;
  /** Being deleted, its dependents are let go first. */
  orphaning: boolean;
}

/** Who owns whom, by uid, as the watches tell it. Pure: changes return the uids to look at. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** Takes in an object's state. @returns uids whose situation may have changed */
  observe(resource: DiscoveredResource, object: Identified): string[] {
    const { uid = "", namespace, name = "", ownerReferences = [], finalizers = [], deletionTimestamp } = object.metadata;
    const node = this.#ensure(uid);
    const before = { owners: node.owners, foreground: node.foreground, orphaning: node.orphaning, observed: node.observed };
    node.observed = { resource, namespace, name };
    node.deleting = deletionTimestamp !== undefined;
    node.foreground = node.deleting && finalizers.includes(FOREGROUND);
    node.orphaning = node.deleting && finalizers.includes(ORPHAN);
    const affected = before.observed !== undefined && sameOwners(before.owners, ownerReferences) ? [] : this.#relink(node, before.owners, ownerReferences);
    if (node.foreground && !before.foreground) affected.push(uid, ...node.dependents);
    if (node.orphaning && !before.orphaning) affected.push(uid);
    return affected;
  }

  /** The object is gone. @returns its dependents, and owners that may have waited for it */
  remove(uid: string): string[] {
    const node = this.#nodes.get(uid);
    if (node === undefined) return [];
    const affected = [...node.dependents, ...this.#relink(node, node.owners, [])];
    node.observed = undefined;
    node.deleting = node.foreground = node.orphaning = false;
    this.#dropIfUnused(node);
    return affected;
  }

  /** Forgets all objects of a resource that is served no more. */
  removeResource(resource: { readonly group: string; readonly resource: string }): string[] {
    const gone = [...this.#nodes.values()].filter((node) => node.observed?.resource.group === resource.group && node.observed.resource.resource === resource.resource);
    return gone.flatMap((node) => this.remove(node.uid));
  }

  /** Dependents that hold up the foreground deletion of their owner. */
  blockingDependents(node: GraphNode): GraphNode[] {
    const dependents = [...node.dependents].map((uid) => this.#nodes.get(uid)).filter((dependent) => dependent !== undefined);
    return dependents.filter((dependent) => dependent.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion));
  }

  #relink(node: GraphNode, before: readonly OwnerReference[], after: readonly OwnerReference[]): string[] {
    const affected: string[] = [];
    node.owners = after;
    const kept = new Set(after.map((owner) => owner.uid));
    for (const { uid } of before) {
      if (kept.has(uid)) continue;
      const owner = this.#nodes.get(uid);
      owner?.dependents.delete(node.uid);
      if (owner?.foreground) affected.push(uid);
      if (owner !== undefined) this.#dropIfUnused(owner);
    }
    const blockedBefore = new Set(before.filter((owner) => owner.blockOwnerDeletion).map((owner) => owner.uid));
    for (const reference of after) {
      const owner = this.#ensure(reference.uid);
      owner.dependents.add(node.uid);
      if (owner.foreground && blockedBefore.has(reference.uid) && !reference.blockOwnerDeletion) affected.push(reference.uid);
      if (owner.foreground || !fits(reference, owner, node)) affected.push(node.uid);
    }
    return affected;
  }

  #ensure(uid: string): GraphNode {
    let node = this.#nodes.get(uid);
    if (node === undefined) {
      node = { uid, observed: undefined, owners: [], dependents: new Set(), deleting: false, foreground: false, orphaning: false };
      this.#nodes.set(uid, node);
    }
    return node;
  }

  #dropIfUnused(node: GraphNode): void {
    if (node.observed === undefined && node.dependents.size === 0) this.#nodes.delete(node.uid);
  }
}

/** Most updates of an object leave its owners alone. */
function sameOwners(a: readonly OwnerReference[], b: readonly OwnerReference[]): boolean {
  return a.length === b.length && a.every((owner, index) => owner.uid === b[index]?.uid && owner.blockOwnerDeletion === b[index]?.blockOwnerDeletion && owner.name === b[index]?.name && owner.kind === b[index]?.kind && owner.apiVersion === b[index]?.apiVersion);
}

/** The owner has been seen, and is what the reference of `dependent` says it is. */
export function fits(reference: OwnerReference, owner: GraphNode, dependent: GraphNode): boolean {
  if (owner.observed === undefined || dependent.observed === undefined) return false;
  const { resource, name, namespace } = owner.observed;
  const sameNamespace = !resource.namespaced || namespace === dependent.observed.namespace;
  return name === reference.name && resource.kind === reference.kind && resource.group === groupOf(reference.apiVersion) && sameNamespace;
}
