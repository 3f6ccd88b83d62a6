import { equalJson } from "../validation/equality.ts";
import { dns1123Label } from "../validation/names.ts";
import type { ApiObject, LabelSelector, ObjectMeta, PodTemplateSpec } from "../wire.ts";
import { NONE, selectorText } from "./columns.ts";
import { dropDisabledPodFields } from "./core/disabled-fields.ts";
import type { ScaleAccess, Strategy, Subresource } from "./kind.ts";
import { nextGeneration, restoreField, startGeneration } from "./strategies.ts";

/** Kinds that make pods from a template in their spec. */
type Templated = ApiObject & { spec?: unknown };

type Prepare<T extends ApiObject> = Required<Pick<Strategy<T>, "prepareForCreate" | "prepareForUpdate">>;

/** Prepare hooks of such a kind; `definition` is that of its spec. */
export function templated<T extends ApiObject>(definition: string, templateOf: (object: T) => PodTemplateSpec | undefined, annotationsCount = false): Prepare<T> {
  return {
    prepareForCreate(object) {
      startGeneration(object);
      delete (object as Templated)["status"];
      dropDisabled(templateOf(object));
    },
    prepareForUpdate(object, old) {
      restoreField<ApiObject>(object, old, "status");
      dropDisabled(templateOf(object));
      nextGeneration(object, old, definition);
      if (annotationsCount && !equalJson(object.metadata.annotations ?? {}, old.metadata.annotations ?? {})) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
  };
}

export function dropDisabled(template: PodTemplateSpec | undefined): void {
  if (template?.spec) dropDisabledPodFields(template.spec);
}

/** Names of pods begin with this name and become host names. */
export function nameWarnings(meta: ObjectMeta): string[] {
  const messages = dns1123Label(meta.name ?? "");
  if (messages.length === 0) return [];
  return [`metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${messages.join(" ")}]`];
}

/** The spec changed, or it is new: what is said of a template is said then only. */
export function hasNewGeneration(object: ApiObject, old: ApiObject | undefined): boolean {
  return old === undefined || object.metadata.generation !== old.metadata.generation;
}

interface Replicated {
  spec?: { replicas?: number; selector?: LabelSelector };
  status?: { replicas?: number };
}

/** `/scale` of a kind whose count is `spec.replicas` and whose selector is a label selector. */
export function scaleSubresource<T extends ApiObject & Replicated>(): Subresource<T> {
  const scale: ScaleAccess<T> = {
    replicas: (object) => object.spec?.replicas ?? 0,
    setReplicas(object, replicas) {
      if (object.spec) object.spec.replicas = replicas;
    },
    statusReplicas: (object) => object.status?.replicas ?? 0,
    selector(object) {
      const text = selectorText(object.spec?.selector);
      return text === NONE ? "" : text;
    },
  };
  return { type: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"], scale };
}
