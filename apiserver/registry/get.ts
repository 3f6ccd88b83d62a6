import { notFound, resourceVersionTooLarge } from "../../api/status/errors.ts";
import type { CachedObject } from "./cached-object.ts";
import type { Registry } from "./registry.ts";
import { requireVersion } from "./resource-version-text.ts";
import type { ServedKind } from "./served-kind.ts";
import { show } from "./stored-view.ts";

/**
 * One object. Without a resourceVersion it is never stale; with "0" it is what the cache has; with another it is at
 * least that new. @throws StatusError 404, 504
 */
export async function getObject(registry: Registry, kind: ServedKind, namespace: string, name: string, resourceVersion: string | undefined): Promise<CachedObject> {
  if (resourceVersion === undefined || resourceVersion === "") {
    const fresh = registry.cache.fresh();
    if (fresh instanceof Promise) await fresh;
  } else await reach(registry, requireVersion(resourceVersion));
  const found = registry.cache.of(kind).get(kind.objectKey(namespace, name));
  if (found === undefined) throw notFound(kind.resource, name);
  return await show(kind, found);
}

/** Waits until the cache holds this revision. @throws StatusError 504 for one that the store has not reached */
export async function reach(registry: Registry, revision: number): Promise<void> {
  if (revision <= registry.cache.revision) return;
  await registry.cache.fresh();
  if (revision > registry.cache.revision) throw resourceVersionTooLarge(revision, registry.cache.revision);
}
