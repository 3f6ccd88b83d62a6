import type { ObjectMeta } from "../../wire.ts";

const shortModes: readonly (readonly [mode: string, short: string])[] = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
];

/** `RWO,ROX`. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return shortModes.flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : [])).join(",");
}

/** The class in the annotation that was there before the field, else the field's. */
export function storageClassOf(meta: ObjectMeta, spec: { storageClassName?: string } | undefined): string {
  return meta.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
}
