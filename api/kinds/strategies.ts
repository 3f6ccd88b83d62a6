import { semanticEqual } from "../validation/equality.ts";
import type { ApiObject, ObjectMeta } from "../wire.ts";
import type { Strategy, UpdateStrategy } from "./kind.ts";

/** Puts a field back as it was stored. */
export function restoreField<T extends object>(object: T, old: T, field: keyof T & string): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

/** Of metadata, a write to /status of such a kind changes only managedFields. */
export function keepMetadata(object: ApiObject, old: ApiObject): void {
  for (const field of ["deletionTimestamp", "generation", "labels", "annotations", "finalizers", "ownerReferences"] as const satisfies readonly (keyof ObjectMeta)[]) {
    restoreField(object.metadata, old.metadata, field);
  }
}

/** A finalizer that keeps a new object until its protection controller finds it unused (StorageObjectInUseProtection). */
export function protect(object: ApiObject, finalizer: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer];
}

/** A new object's first generation, and no status of a client's making. */
export function startGeneration(object: ApiObject): void {
  object.metadata.generation = 1;
}

/** One generation more when a part that a client wants has changed; `definition` is that part's. */
export function nextGeneration(object: ApiObject, old: ApiObject, definition: string, field = "spec"): void {
  if (!semanticEqual(definition, object[field], old[field])) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** Prepare hooks of a kind with spec and status: the main resource never touches the status, the generation counts changes of the spec. */
export function specAndStatus<T extends ApiObject>(specDefinition: string): Required<Pick<Strategy<T>, "prepareForCreate" | "prepareForUpdate">> {
  return {
    prepareForCreate(object) {
      startGeneration(object);
      delete (object as ApiObject)["status"];
    },
    prepareForUpdate(object, old) {
      restoreField<ApiObject>(object, old, "status");
      nextGeneration(object, old, specDefinition);
    },
  };
}

/** The prepare hook of /status: the spec stays as it is stored; `keep` names metadata that stays too. */
export function statusOnly<T extends ApiObject>(keep: "metadata" | "labels" | "nothing" = "nothing"): Required<Pick<UpdateStrategy<T>, "prepareForUpdate">> {
  return {
    prepareForUpdate(object, old) {
      restoreField<ApiObject>(object, old, "spec");
      if (keep === "metadata") keepMetadata(object, old);
      if (keep === "labels") restoreField(object.metadata, old.metadata, "labels");
    },
  };
}
