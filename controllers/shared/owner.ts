import { apiVersionOf, type Resource } from "../../api/resources.ts";
import type { OwnerReference } from "../../api/wire.ts";
import type { Identified } from "../../client/informer.ts";

/** The one owner that manages the object, if any. */
export function controllerOf(object: Identified): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** A reference that makes `owner`, one of `resource`, the managing controller of another object and lets its foreground deletion wait for that. */
export function controllerRef(owner: Identified, resource: Resource<unknown>): OwnerReference {
  const { name = "", uid = "" } = owner.metadata;
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export const CONTROLLER_INDEX = "controller";
export const ORPHAN_INDEX = "orphan";

/** Uid of the managing controller, for CONTROLLER_INDEX. */
export function byController(object: Identified): readonly string[] {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
}

/** Namespace of an object that no controller manages, for ORPHAN_INDEX: candidates for adoption without a scan. */
export function byOrphanage(object: Identified): readonly string[] {
  return controllerOf(object) === undefined ? [object.metadata.namespace ?? ""] : [];
}

/** `apps` of `apps/v1`; "" of `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}
