import type { KindCache } from "../registry/kind-cache.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { defaultClass } from "./default-class.ts";

/** A new Ingress that names no class, neither in its spec nor by the old annotation, gets the default class: the newest where there are several. */
export function defaultIngressClass(classes: KindCache): AdmissionPlugin {
  return defaultClass(classes, {
    plugin: "DefaultIngressClass",
    of: { group: "networking.k8s.io", kind: "Ingress" },
    field: "ingressClassName",
    annotation: "kubernetes.io/ingress.class",
    marks: ["ingressclass.kubernetes.io/is-default-class"],
  });
}
