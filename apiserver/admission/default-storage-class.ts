import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { defaultClass } from "./default-class.ts";

/** A new claim that names no class, not even the empty one, gets the default class: the newest where there are several. */
export function defaultStorageClass(classes: KindCache): AdmissionPlugin {
  return defaultClass(classes, {
    plugin: "DefaultStorageClass",
    of: { group: "", kind: "PersistentVolumeClaim" },
    field: "storageClassName",
    annotation: "volume.beta.kubernetes.io/storage-class",
    marks: ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"],
  });
}
