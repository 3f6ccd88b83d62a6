import { createThreeWayPatch } from "../../api/patch/strategic-merge.ts";
import { definitionOfKind } from "../../api/schema/schema.ts";
import type { ApiObject } from "../../api/wire.ts";
import { isReason } from "../../client/client.ts";
import type { MappedResource } from "../api/resource-mapper.ts";
import type { Session } from "../api/session.ts";
import { displayName } from "../api/targets.ts";
import type { Manifest } from "../api/manifests.ts";
import { UserError } from "../user-error.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const FIELD_MANAGER = "berth-apply";
/** How often a patch that met a concurrent write is computed again. */
const MAX_CONFLICTS = 5;

export interface ApplyOptions {
  readonly dryRun: boolean;
  readonly namespaceGiven: boolean;
  readonly say: (line: string) => void;
}

/**
 * Client-side apply, as kubectl's: a three-way patch between what was applied last (an annotation), the file and the live object.
 * Objects are applied in the files' order; the first refusal of one does not keep the others from being tried.
 * @throws UserError that names every refused object
 */
export async function apply(session: Session, manifests: readonly Manifest[], options: ApplyOptions): Promise<void> {
  const refused: string[] = [];
  for (const { source, object } of manifests) {
    try {
      options.say(await applyOne(session, object, options));
    } catch (error) {
      const name = `${object.kind} ${JSON.stringify(object.metadata.name ?? "")}`;
      refused.push(`${source}: ${name}: ${(error as Error).message}`);
    }
  }
  if (refused.length > 0) throw new UserError(refused.join("\nberth: "));
}

async function applyOne(session: Session, given: ApiObject, options: ApplyOptions): Promise<string> {
  const mapper = await session.mapper();
  const resource = mapper.byKind(given.apiVersion, given.kind);
  const { name } = given.metadata;
  if (!name) throw new UserError("metadata.name is not set (apply needs a name; generateName cannot be applied)");
  const namespace = resource.namespaced ? namespaceOf(given, session, options) : undefined;
  const object = withLastApplied(namespace === undefined ? given : { ...given, metadata: { ...given.metadata, namespace } });
  const shown = displayName(resource, name);
  const suffix = options.dryRun ? " (server dry run)" : "";
  const write = { dryRun: options.dryRun, fieldManager: FIELD_MANAGER, fieldValidation: "Strict" as const };
  for (let conflict = 0; ; conflict++) {
    const live = await session.client.get(resource, { namespace, name }).catch((error: unknown) => {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    });
    try {
      if (live === undefined) {
        await session.client.create(resource, object, write);
        return `${shown} created${suffix}`;
      }
      const patch = patchOf(resource, live, object);
      if (patch === undefined) return `${shown} unchanged${suffix}`;
      await session.client.patch(resource, { namespace, name }, patch.type, patch.body, write);
      return `${shown} configured${suffix}`;
    } catch (error) {
      const raced = live === undefined ? isReason(error, "AlreadyExists") : isReason(error, "Conflict") || isReason(error, "NotFound");
      if (!raced || conflict >= MAX_CONFLICTS) throw error;
    }
  }
}

function namespaceOf(object: ApiObject, session: Session, options: ApplyOptions): string {
  const own = object.metadata.namespace;
  if (own !== undefined && options.namespaceGiven && own !== session.namespace)
    throw new UserError(`the namespace from the file, ${JSON.stringify(own)}, does not match --namespace ${JSON.stringify(session.namespace)}`);
  return own ?? session.namespace;
}

/** The object with itself, as compact JSON, in the annotation that the next apply reads. */
function withLastApplied(object: ApiObject): ApiObject {
  const { [LAST_APPLIED]: _old, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [LAST_APPLIED]: `${sortedJson(bare)}\n` } } };
}

/** JSON as Go writes maps (keys sorted, `<`, `>` and `&` escaped): kubectl and this command take each other's annotation for unchanged. */
function sortedJson(value: unknown): string {
  const sort = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(sort);
    if (!isMap(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sort(item)]));
  };
  return JSON.stringify(sort(value)).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function patchOf(resource: MappedResource, live: ApiObject, object: ApiObject): { type: "strategic" | "merge"; body: unknown } | undefined {
  const original = JSON.parse(live.metadata.annotations?.[LAST_APPLIED] ?? "{}") as Record<string, unknown>;
  const definition = definitionOfKind(resource.group, resource.version, resource.kind);
  const body =
    definition === undefined
      ? mergePatch(original, object as unknown as Record<string, unknown>, live as unknown as Record<string, unknown>)
      : createThreeWayPatch(definition.name, original, object as unknown as Record<string, unknown>, live as unknown as Record<string, unknown>);
  return Object.keys(body).length === 0 ? undefined : { type: definition === undefined ? "merge" : "strategic", body };
}

/** RFC 7396 patch from `live` to `wanted`, deleting what was applied before and is gone: for kinds without merge keys (custom resources). */
function mergePatch(original: Record<string, unknown>, wanted: Record<string, unknown>, live: Record<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(original)) if (!(key in wanted) && key in live) patch[key] = null;
  for (const [key, value] of Object.entries(wanted)) {
    const current = live[key];
    if (isMap(value) && isMap(current)) {
      const before = original[key];
      const inner = mergePatch(isMap(before) ? before : {}, value, current);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(value) !== JSON.stringify(current)) patch[key] = value;
  }
  return patch;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
