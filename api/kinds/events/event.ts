import { validateNewEvent, validateNewEventUpdate } from "../../validation/event.ts";
import type { ApiObject, CoreEvent, EventsEvent } from "../../wire.ts";
import { eventFields } from "../core/event.ts";
import { eventColumns } from "../core/event-columns.ts";
import { defineKind } from "../define.ts";

/** Names of the same fields: in events.k8s.io, in the core group. */
const names: readonly (readonly [here: keyof EventsEvent & string, core: keyof CoreEvent & string])[] = [
  ["note", "message"],
  ["regarding", "involvedObject"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

function renamed(object: ApiObject, apiVersion: string, pairs: readonly (readonly [from: string, to: string])[]): ApiObject {
  const result: ApiObject = { ...object, apiVersion };
  for (const [from, to] of pairs) {
    delete result[from];
    if (object[from] !== undefined) result[to] = object[from];
  }
  return result;
}

/** The event as the core group has it, which is how it is stored. */
function toCore(event: EventsEvent): CoreEvent {
  return renamed(event as ApiObject, "v1", names) as ApiObject as CoreEvent;
}

export const eventsEvent = defineKind<EventsEvent>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  namespaced: true,
  definition: "io.k8s.api.events.v1.Event",
  strategy: {
    validate: (event) => validateNewEvent(toCore(event)),
    validateUpdate: (event, old) => validateNewEventUpdate(toCore(event), toCore(old)),
    allowCreateOnUpdate: true,
  },
  selectableFields: {
    ...Object.fromEntries(
      Object.entries(eventFields).map(([name, get]) => [name.replace("involvedObject", "regarding").replace("reportingComponent", "reportingController"), (event: EventsEvent) => get(toCore(event))]),
    ),
  },
  columns: eventColumns.map((column) => ({ ...column, cell: (event: EventsEvent, now_ms: number) => column.cell(toCore(event), now_ms) })),
  storedAs: {
    group: "",
    version: "v1",
    kind: "Event",
    toStored: (object) => renamed(object, "v1", names),
    fromStored: (object) =>
      renamed(
        object,
        "events.k8s.io/v1",
        names.map(([here, core]) => [core, here]),
      ),
  },
});
