import { encodeFree } from "../codec/json-encode.ts";
import { parseJson } from "../codec/parse-json.ts";
import { isMap, type JsonMap, memberOf } from "../patch/json-value.ts";
import type { ApiObject } from "../wire.ts";
import { compareValues } from "./compare.ts";
import { difference, type FieldSet } from "./field-set.ts";
import type { MergeType } from "./merge-type.ts";
import { toFieldSet } from "./to-field-set.ts";

/** Where client-side apply keeps what it applied. */
const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
/** The manager whose server-side apply goes on where its client-side apply ended. */
export const KUBECTL = "kubectl";
/** All annotations of an object together may not be longer. */
const MAX_BYTES = 256 * 1024;

/** What client-side apply wrote and nobody changed since: kubectl may take it over. undefined: there is no such record. */
export function fieldsLastApplied(type: MergeType, apiVersion: string, live: unknown): FieldSet | undefined {
  const text = annotationOf(live);
  if (text === undefined) return undefined;
  const last = parseMap(text);
  if (last === undefined || last.apiVersion !== apiVersion) return undefined;
  const { changed, removed } = compareValues(type, last, live);
  return difference(difference(toFieldSet(type, last), changed), removed);
}

function annotationOf(object: unknown): string | undefined {
  const metadata = isMap(object) ? memberOf(object, "metadata") : undefined;
  const annotations = isMap(metadata) ? memberOf(metadata, "annotations") : undefined;
  const text = isMap(annotations) ? memberOf(annotations, ANNOTATION) : undefined;
  return typeof text === "string" && text !== "" ? text : undefined;
}

function parseMap(text: string): JsonMap | undefined {
  try {
    const value: unknown = parseJson(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of client-side apply true after kubectl applied on the server, so that both can be mixed. */
export function updateLastApplied(object: ApiObject, config: JsonMap): void {
  const { annotations } = object.metadata;
  if (annotations === undefined || !annotations[ANNOTATION]) return;
  const text = `${encodeFree(withoutAnnotation(config))}\n`;
  annotations[ANNOTATION] = text;
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (bytes > MAX_BYTES) delete annotations[ANNOTATION];
}

function withoutAnnotation(config: JsonMap): JsonMap {
  if (annotationOf(config) === undefined) return config;
  const { [ANNOTATION]: _own, ...annotations } = (config.metadata as JsonMap).annotations as JsonMap;
  return { ...config, metadata: { ...(config.metadata as JsonMap), annotations } };
}
