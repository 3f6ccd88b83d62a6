import { untyped } from "../../api/status/errors.ts";
import type { CustomResourceSchema } from "../../api/structural/custom-resource-schema.ts";
import type { ApiObject } from "../../api/wire.ts";
import type { StoredView } from "../registry/stored-view.ts";
import { type ConversionCall, ConversionError } from "./conversion-review.ts";

/** The schemas of all versions, by apiVersion. */
interface Schemas {
  get(apiVersion: string): CustomResourceSchema | undefined;
}

/** What a version's view works with. */
export interface ViewParts {
  readonly apiVersion: string;
  readonly storageVersion: string;
  readonly storageApiVersion: string;
  readonly schemas: Schemas;
  /** undefined: versions differ in nothing but their names (strategy None). */
  readonly webhook: ConversionCall | undefined;
}

/**
 * Shows stored objects in one version and gives them back in the storage version, as Kubernetes does between its store and its
 * clients: pruned by the version they are stored in, converted, pruned and defaulted by the version they are shown in.
 */
export function versionView(parts: ViewParts): StoredView {
  const { apiVersion, storageVersion, storageApiVersion, schemas, webhook } = parts;
  const known = (object: ApiObject): ApiObject => finished(object, apiVersion, schemas, true);
  return {
    storageVersion,
    mustAsk: (object) => webhook !== undefined && object.apiVersion !== apiVersion,
    show(object) {
      schemas.get(object.apiVersion)?.prune(object);
      return known(object);
    },
    async ask(objects) {
      for (const object of objects) schemas.get(object.apiVersion)?.prune(object);
      return (await converted(webhook, objects, apiVersion)).map(known);
    },
    toStored(object) {
      if (object.apiVersion === storageApiVersion) return object;
      if (webhook === undefined) return finished(structuredClone(object), storageApiVersion, schemas, false);
      return converted(webhook, [object], storageApiVersion).then(([stored]) => finished(stored!, storageApiVersion, schemas, false));
    },
  };
}

function finished(object: ApiObject, apiVersion: string, schemas: Schemas, withDefaults: boolean): ApiObject {
  object.apiVersion = apiVersion;
  const schema = schemas.get(apiVersion);
  schema?.prune(object);
  schema?.coerceEmbedded(object, true);
  if (withDefaults) schema?.applyDefaults(object);
  return object;
}

async function converted(webhook: ConversionCall | undefined, objects: readonly ApiObject[], apiVersion: string): Promise<ApiObject[]> {
  if (webhook === undefined) return [...objects];
  try {
    return await webhook(objects, apiVersion);
  } catch (error) {
    if (error instanceof ConversionError) throw untyped(500, error.message);
    throw error;
  }
}
