import { invalid, required } from "../status/field-error.ts";
import { fieldPath } from "../status/field-path.ts";
import type { CoreEvent } from "../wire.ts";
import { type Errors, IMMUTABLE_TEXT, invalidEach } from "./common.ts";
import { semanticEqual } from "./equality.ts";
import { internalJson } from "./internal-json.ts";
import { byteLength, dns1123Subdomain, nameIsDnsSubdomain, qualifiedName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";

const TEXT_LIMIT = 128;
const NOTE_LIMIT = 1024;
const CORE = "io.k8s.api.core.v1.";

/** Rules of an event whichever group it came through; `controllerField` is the name of reportingComponent there. */
export function validateEvent(event: CoreEvent, controllerField: string): Errors {
  const errors: Errors = [];
  const namespace = event.metadata.namespace ?? "";
  const involved = event.involvedObject?.namespace ?? "";
  const differs = () => errors.push(invalid(fieldPath("involvedObject", "namespace"), involved, "does not match event.namespace"));
  if (!event.eventTime) {
    if (involved === "" ? namespace !== "" && namespace !== "default" : namespace !== involved) differs();
  } else {
    if (involved === "" && namespace !== "default" && namespace !== "kube-system") differs();
    const controller = event.reportingComponent ?? "";
    if (controller === "") errors.push(required(controllerField));
    invalidEach(qualifiedName(controller), controller, fieldPath(controllerField), errors);
    for (const field of ["reportingInstance", "action", "reason"] as const) {
      if (!event[field]) errors.push(required(field));
      tooLong(event[field] ?? "", field, TEXT_LIMIT, errors);
    }
    tooLong(event.message ?? "", "message", NOTE_LIMIT, errors);
  }
  invalidEach(dns1123Subdomain(namespace), namespace, fieldPath("namespace"), errors);
  return errors;
}

function tooLong(value: string, field: string, limit: number, errors: Errors): void {
  if (byteLength(value) > limit) errors.push(invalid(field, "", `can have at most ${limit} characters`));
}

function validateSeries(event: CoreEvent, errors: Errors): void {
  if (!event.series) return;
  if ((event.series.count ?? 0) < 2) errors.push(invalid("series.count", "", "should be at least 2"));
  if (!event.series.lastObservedTime) errors.push(required("series.lastObservedTime"));
}

/** Through events.k8s.io a new event has only the new fields. */
export function validateNewEvent(event: CoreEvent): Errors {
  const errors = validateEvent(event, "reportingController");
  validateCoreObjectMeta(event.metadata, true, nameIsDnsSubdomain, errors);
  validateSeries(event, errors);
  if (!event.eventTime) errors.push(required("eventTime"));
  if (event.type !== "Normal" && event.type !== "Warning") errors.push(invalid("type", "", `has invalid value: ${event.type ?? ""}`));
  const unset = (field: string, isSet: boolean) => isSet && errors.push(invalid(field, "", "needs to be unset"));
  unset("firstTimestamp", Boolean(event.firstTimestamp));
  unset("lastTimestamp", Boolean(event.lastTimestamp));
  unset("count", Boolean(event.count));
  unset("source", Boolean(event.source?.component || event.source?.host));
  return errors;
}

/** Through events.k8s.io only the series of an event changes. */
export function validateNewEventUpdate(event: CoreEvent, old: CoreEvent): Errors {
  const errors = validateEvent(event, "reportingController");
  validateCoreObjectMetaUpdate(event.metadata, old.metadata, errors);
  if (!semanticEqual(`${CORE}EventSeries`, event.series, old.series) || (event.series === undefined) !== (old.series === undefined)) validateSeries(event, errors);
  const object = (field: "involvedObject" | "source" | "related", type: string) => {
    const missing = (event[field] === undefined) !== (old[field] === undefined) && field === "related";
    if (missing || !semanticEqual(CORE + type, event[field], old[field])) errors.push(invalid(field, event[field] === undefined && field === "related" ? null : internalJson(CORE + type, event[field]), IMMUTABLE_TEXT));
  };
  const text = (field: "reason" | "message" | "type" | "action" | "reportingInstance") => {
    if ((event[field] ?? "") !== (old[field] ?? "")) errors.push(invalid(field, event[field] ?? "", IMMUTABLE_TEXT));
  };
  const time = (field: "firstTimestamp" | "lastTimestamp" | "eventTime") => {
    if ((event[field] ?? null) !== (old[field] ?? null)) errors.push(invalid(field, event[field] ?? null, IMMUTABLE_TEXT));
  };
  object("involvedObject", "ObjectReference");
  text("reason");
  text("message");
  object("source", "EventSource");
  time("firstTimestamp");
  time("lastTimestamp");
  if ((event.count ?? 0) !== (old.count ?? 0)) errors.push(invalid("count", event.count ?? 0, IMMUTABLE_TEXT));
  text("type");
  time("eventTime");
  text("action");
  object("related", "ObjectReference");
  if ((event.reportingComponent ?? "") !== (old.reportingComponent ?? "")) errors.push(invalid("reportingController", event.reportingComponent ?? "", IMMUTABLE_TEXT));
  text("reportingInstance");
  return errors;
}
