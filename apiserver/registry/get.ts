import { notFound, resourceVersionTooLarge } from "../../api/status/errors.ts";
import { when } from "../../lib/when.ts";
import type { CachedObject } from "./cached-object.ts";
import { readStored } from "./read-stored.ts";
import type { Registry } from "./registry.ts";
import { requireVersion } from "./resource-version-text.ts";
import type { ServedKind } from "./served-kind.ts";
import { show } from "./stored-view.ts";

/**
 * One object. Without a resourceVersion it is never stale; with "0" it is what the cache has; with another it is at
 * least that new. @throws StatusError 404, 504
 */
export function getObject(registry: Registry, kind: ServedKind, namespace: string, name: string, resourceVersion: string | undefined): CachedObject | Promise<CachedObject> {
  const isNewest = resourceVersion === undefined || resourceVersion === "";
  // The store tells its newest state anyway, whatever the cache has seen.
  const reached: unknown = isNewest ? !kind.uncached && registry.cache.fresh() : reach(registry, requireVersion(resourceVersion));
  return when(reached, () => {
    if (kind.uncached) return getStored(registry, kind, namespace, name);
    const found = registry.cache.of(kind).get(kind.objectKey(namespace, name));
    if (found === undefined) throw notFound(kind.resource, name);
    return show(kind, found);
  });
}

/** As the store has it now, which is as new as any version asked for that there is. */
async function getStored(registry: Registry, kind: ServedKind, namespace: string, name: string): Promise<CachedObject> {
  const found = await readStored(registry.store, kind, kind.objectKey(namespace, name));
  if (found === undefined) throw notFound(kind.resource, name);
  return found;
}

/** Waits until the cache holds this revision. @throws StatusError 504 for one that the store has not reached */
export async function reach(registry: Registry, revision: number): Promise<void> {
  if (revision <= registry.cache.revision) return;
  await registry.cache.fresh();
  if (revision > registry.cache.revision) throw resourceVersionTooLarge(revision, registry.cache.revision);
}
