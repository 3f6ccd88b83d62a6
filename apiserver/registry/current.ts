import { CachedObject } from "./cached-object.ts";
import { readStored } from "./read-stored.ts";
import type { Registry } from "./registry.ts";
import type { ServedKind } from "./served-kind.ts";

/** The state that a write starts from, and whether it is certainly the newest. */
export interface Current {
  readonly object: CachedObject | undefined;
  readonly certain: boolean;
}

/** The cached state: good enough to try a compare-and-swap with, but no ground to refuse a write. Of a kind that is not cached the newest state. */
export function cachedCurrent(registry: Registry, kind: ServedKind, key: string): Current | Promise<Current> {
  if (kind.uncached) return certainCurrent(registry, kind, key);
  const cached = registry.cache.of(kind).get(key);
  const pending = registry.cache.pending.newest(kind.storagePrefix + key);
  return { object: pending !== undefined && pending.revision > (cached?.revision ?? 0) ? pending : cached, certain: false };
}

/** The newest state, linearizable. */
export async function certainCurrent(registry: Registry, kind: ServedKind, key: string): Promise<Current> {
  if (kind.uncached) return { object: await readStored(registry.store, kind, key), certain: true };
  await registry.cache.fresh();
  return { object: registry.cache.of(kind).get(key), certain: true };
}

/** The state that a failed compare-and-swap read. */
export function readCurrent(kind: ServedKind, key: string, found: { modRevision: number; value: Uint8Array } | null | undefined): Current {
  return { object: found ? CachedObject.fromStore(kind.stored, key, found.modRevision, found.value) : undefined, certain: true };
}
