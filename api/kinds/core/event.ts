import { validateEvent } from "../../validation/event.ts";
import type { CoreEvent } from "../../wire.ts";
import { defineKind } from "../define.ts";
import type { FieldGetter } from "../kind.ts";
import { eventColumns } from "./event-columns.ts";

/** What events can be selected by, in the core form. */
export const eventFields: Readonly<Record<string, FieldGetter<CoreEvent>>> = {
  "involvedObject.kind": (event) => event.involvedObject?.kind ?? "",
  "involvedObject.namespace": (event) => event.involvedObject?.namespace ?? "",
  "involvedObject.name": (event) => event.involvedObject?.name ?? "",
  "involvedObject.uid": (event) => event.involvedObject?.uid ?? "",
  "involvedObject.apiVersion": (event) => event.involvedObject?.apiVersion ?? "",
  "involvedObject.resourceVersion": (event) => event.involvedObject?.resourceVersion ?? "",
  "involvedObject.fieldPath": (event) => event.involvedObject?.fieldPath ?? "",
  reason: (event) => event.reason ?? "",
  reportingComponent: (event) => event.reportingComponent ?? "",
  source: (event) => event.source?.component || event.reportingComponent || "",
  type: (event) => event.type ?? "",
};

export const coreEvent = defineKind<CoreEvent>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  shortNames: ["ev"],
  namespaced: true,
  definition: "io.k8s.api.core.v1.Event",
  strategy: {
    validate: (event) => validateEvent(event, "reportingComponent"),
    validateUpdate: (event) => validateEvent(event, "reportingComponent"),
    allowCreateOnUpdate: true,
  },
  selectableFields: eventFields,
  columns: eventColumns,
  uncached: true,
});
