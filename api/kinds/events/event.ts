import type { EventsEvent } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const eventsEvent = defineKind<EventsEvent>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  namespaced: true,
  definition: "io.k8s.api.events.v1.Event",
  strategy: {},
});
