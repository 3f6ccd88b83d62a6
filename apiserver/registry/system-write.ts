import type { UserInfo } from "../../api/exchange.ts";
import { StatusError } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { createObject } from "./create.ts";
import { fieldManagerOf } from "./field-managers.ts";
import type { Registry, WriteContext } from "./registry.ts";
import { updateObject } from "./update.ts";

/** The API server itself, for what it makes at its start. */
export const API_SERVER_USER: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

/** Field manager of the server's own writes. */
const MANAGER = "berth-apiserver";

/** Makes the object unless one of its name is there. */
export async function ensureObject(registry: Registry, object: ApiObject): Promise<void> {
  const kind = kindOf(registry, object);
  const namespace = object.metadata.namespace ?? "";
  if (registry.cache.of(kind).get(kind.objectKey(namespace, object.metadata.name ?? "")) !== undefined) return;
  const copy = structuredClone(object);
  kind.entry.strategy.applyDefaults?.(copy);
  try {
    await createObject(registry, kind, copy, systemContext(registry, namespace));
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== "AlreadyExists") throw error;
  }
}

/** Makes the object, or changes the one that is there by `change` (which returns false to leave it). */
export async function reconcileObject(registry: Registry, object: ApiObject, change: (present: ApiObject) => boolean): Promise<void> {
  const kind = kindOf(registry, object);
  const namespace = object.metadata.namespace ?? "";
  const name = object.metadata.name ?? "";
  const present = registry.cache.of(kind).get(kind.objectKey(namespace, name));
  if (present === undefined) return await ensureObject(registry, object);
  if (!change(present.copy())) return;
  const next = (old: ApiObject | undefined): ApiObject => {
    const copy = structuredClone(old ?? object);
    change(copy);
    kind.entry.strategy.applyDefaults?.(copy);
    return copy;
  };
  await updateObject(registry, kind, { name, subresource: "", strategy: kind.entry.strategy, next, internal: true, fieldManager: fieldManagerOf(registry.kinds, kind, "") }, systemContext(registry, namespace));
}

function kindOf(registry: Registry, object: ApiObject) {
  const slash = object.apiVersion.indexOf("/");
  const kind = registry.kinds.byKind(slash < 0 ? "" : object.apiVersion.slice(0, slash), object.apiVersion.slice(slash + 1), object.kind);
  if (kind === undefined) throw new Error(`${object.kind} of ${object.apiVersion} is not served`);
  return kind;
}

/** Who writes when the API server does on its own behalf. */
export function systemContext(registry: Registry, namespace: string): WriteContext {
  return { user: API_SERVER_USER, namespace, manager: MANAGER, dryRun: false, now_ms: registry.clock.now_ms(), warnings: [] };
}
