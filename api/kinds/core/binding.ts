import type { Binding } from "../../wire.ts";
import { defineKind } from "../define.ts";
import type { BodyKind } from "../kind.ts";

/** Body of `POST pods/NAME/binding`, and of `POST bindings`. */
export const bindingBody: BodyKind<Binding> = { group: "", version: "v1", kind: "Binding", definition: "io.k8s.api.core.v1.Binding" };

export const binding = defineKind<Binding>({
  group: "",
  version: "v1",
  kind: "Binding",
  plural: "bindings",
  namespaced: true,
  verbs: ["create"],
  definition: "io.k8s.api.core.v1.Binding",
  strategy: {},
});
