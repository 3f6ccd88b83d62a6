import type { PersistentVolumeClaim } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";
import { newestDefault } from "./default-class.ts";

const DEFAULT_ANNOTATIONS = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** A new claim that names no class, not even the empty one, gets the default class: the newest where there are several. */
export function defaultStorageClass(classes: KindCache): AdmissionPlugin {
  const concerns = ({ kind, subresource, operation }: AdmissionRequest) => kind.entry.kind === "PersistentVolumeClaim" && kind.entry.group === "" && subresource === "" && operation === "CREATE";
  return {
    name: "DefaultStorageClass",
    admit(request) {
      if (!concerns(request)) return;
      const claim = request.object as PersistentVolumeClaim;
      if (claim.spec?.storageClassName !== undefined || claim.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const name = newestDefault(classes, DEFAULT_ANNOTATIONS);
      if (name !== undefined) (claim.spec ??= {}).storageClassName = name;
    },
    stamp: (request) => (concerns(request) ? undefined : NOTHING_ELSE),
  };
}
