import type { CoreEvent } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const coreEvent = defineKind<CoreEvent>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.Event",
  strategy: {},
});
