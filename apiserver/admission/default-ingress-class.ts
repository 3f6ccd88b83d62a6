import type { Ingress } from "../../api/wire.ts";
import type { KindCache } from "../registry/kind-cache.ts";
import { type AdmissionPlugin, type AdmissionRequest, NOTHING_ELSE } from "./admission.ts";
import { newestDefault } from "./default-class.ts";

const DEFAULT_ANNOTATIONS = ["ingressclass.kubernetes.io/is-default-class"];
const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

/** A new Ingress that names no class, neither in its spec nor by the old annotation, gets the default class: the newest where there are several. */
export function defaultIngressClass(classes: KindCache): AdmissionPlugin {
  const concerns = ({ kind, subresource, operation }: AdmissionRequest) => kind.entry.kind === "Ingress" && kind.entry.group === "networking.k8s.io" && subresource === "" && operation === "CREATE";
  return {
    name: "DefaultIngressClass",
    admit(request) {
      if (!concerns(request)) return;
      const ingress = request.object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const name = newestDefault(classes, DEFAULT_ANNOTATIONS);
      if (name !== undefined) (ingress.spec ??= {}).ingressClassName = name;
    },
    stamp: (request) => (concerns(request) ? undefined : NOTHING_ELSE),
  };
}
