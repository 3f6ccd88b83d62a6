import type { ApiObject } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";

type Metadata = ApiObject["metadata"];

/** The name of the class that one of the annotations makes the default: of several the newest, of equally old ones the first by name. */
export function newestDefault(classes: KindCache, annotations: readonly string[]): string | undefined {
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
