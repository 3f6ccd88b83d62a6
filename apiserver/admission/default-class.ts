import type { ApiObject } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";

type Metadata = ApiObject["metadata"];
type WithSpec = ApiObject & { spec?: Record<string, unknown> };

/** Objects that name a class of theirs, and how one class is marked as the default. */
export interface DefaultedClass {
  readonly plugin: string;
  /** Whose objects get a class. */
  readonly of: { readonly group: string; readonly kind: string };
  /** Where their spec names it. */
  readonly field: string;
  /** How it was named before there was the field. */
  readonly annotation: string;
  /** Annotations, "true" on the class that is the default. */
  readonly marks: readonly string[];
}

/** Gives new objects that name no class the default one, where there is one. */
export function defaultClass(classes: KindCache, { plugin, of, field, annotation, marks }: DefaultedClass): AdmissionPlugin {
  const concerns = ({ kind, subresource, operation }: AdmissionRequest) => kind.entry.kind === of.kind && kind.entry.group === of.group && subresource === "" && operation === "CREATE";
  return {
    name: plugin,
    admit(request) {
      if (!concerns(request)) return;
      const object = request.object as WithSpec;
      if (object.spec?.[field] !== undefined || object.metadata.annotations?.[annotation] !== undefined) return;
      const name = newestDefault(classes, marks);
      if (name !== undefined) (object.spec ??= {})[field] = name;
    },
    stamp: (request) => (concerns(request) ? undefined : NOTHING_ELSE),
  };
}

/** The name of the class that one of the annotations makes the default: of several the newest, of equally old ones the first by name. */
function newestDefault(classes: KindCache, annotations: readonly string[]): string | undefined {
  let newest: Metadata | undefined;
  for (const cached of classes.snapshot().range("", "")) {
    const { metadata } = cached.object();
    if (annotations.some((key) => metadata.annotations?.[key] === "true") && (newest === undefined || comesBefore(metadata, newest))) newest = metadata;
  }
  return newest?.name;
}

function comesBefore(a: Metadata, b: Metadata): boolean {
  const [made, other] = [String(a.creationTimestamp ?? ""), String(b.creationTimestamp ?? "")];
  return made === other ? (a.name ?? "") < (b.name ?? "") : made > other;
}
