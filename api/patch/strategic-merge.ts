import { cloneJson, type JsonMap } from "./json-value.ts";
import { diffMaps } from "./strategic/diff.ts";
import { APPLYING, COMBINING, mergeMap } from "./strategic/merge.ts";
import type { PatchSchema } from "./strategic/patch-schema.ts";

/** Strategic merge of a patch into a copy of an object of the definition, all directives carried out. @throws StatusError as kube-apiserver words it */
export function applyStrategicMergePatch(definition: string, object: JsonMap, patch: JsonMap): JsonMap {
  return mergeMap(cloneJson(object), cloneJson(patch), schemaOf(definition), APPLYING);
}

/** The strategic merge patch that turns `original` into `modified`. */
export function createTwoWayPatch(definition: string, original: JsonMap, modified: JsonMap): JsonMap {
  return diffMaps(original, modified, schemaOf(definition), { additions: true, deletions: true, elementOrder: true });
}

/**
 * Client-side apply: what `original` (last applied) had and `modified` no longer has is deleted, what `modified` says
 * is set where `current` differs; what only `current` has stays.
 */
export function createThreeWayPatch(definition: string, original: JsonMap, modified: JsonMap, current: JsonMap): JsonMap {
  const schema = schemaOf(definition);
  const changes = diffMaps(current, modified, schema, { additions: true, deletions: false, elementOrder: true });
  const deletions = diffMaps(original, modified, schema, { additions: false, deletions: true, elementOrder: true });
  return mergeMap(deletions, changes, schema, COMBINING);
}

function schemaOf(definition: string): PatchSchema {
  return { type: "object", definition };
}
