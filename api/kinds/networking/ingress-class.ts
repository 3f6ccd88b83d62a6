import { defaultIngressClass } from "../../defaults/policies.ts";
import { validateIngressClass, validateIngressClassUpdate } from "../../validation/networking/ingress-class.ts";
import type { IngressClass } from "../../wire.ts";
import { ageColumn, column, NONE, nameColumn } from "../columns.ts";
import { defineKind } from "../define.ts";
import { nextGeneration, startGeneration } from "../strategies.ts";

export const ingressClass = defineKind<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IngressClass",
  plural: "ingressclasses",
  namespaced: false,
  definition: "io.k8s.api.networking.v1.IngressClass",
  strategy: {
    applyDefaults: defaultIngressClass,
    prepareForCreate: startGeneration,
    prepareForUpdate(ingressClass, old) {
      nextGeneration(ingressClass, old, "io.k8s.api.networking.v1.IngressClassSpec");
    },
    validate: validateIngressClass,
    validateUpdate: validateIngressClassUpdate,
  },
  columns: [
    nameColumn,
    column("Controller", "Who serves its Ingresses.", (ingressClass) => ingressClass.spec?.controller ?? ""),
    column("Parameters", "Object with more settings.", parametersText),
    ageColumn,
  ],
});

function parametersText(ingressClass: IngressClass): string {
  const parameters = ingressClass.spec?.parameters;
  if (!parameters) return NONE;
  return `${parameters.kind}${parameters.apiGroup === undefined ? "" : `.${parameters.apiGroup}`}/${parameters.name}`;
}
