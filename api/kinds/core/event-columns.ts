import type { CoreEvent } from "../../wire.ts";
import { ageText, column } from "../columns.ts";
import type { Column } from "../kind.ts";

function firstSeen(event: CoreEvent, now_ms: number): string {
  return ageText(event.firstTimestamp ?? event.eventTime, now_ms);
}

function lastSeen(event: CoreEvent, now_ms: number): string {
  if (event.series) return ageText(event.series.lastObservedTime, now_ms);
  return event.lastTimestamp ? ageText(event.lastTimestamp, now_ms) : firstSeen(event, now_ms);
}

function objectText(event: CoreEvent): string {
  const { kind = "", name = "" } = event.involvedObject ?? {};
  return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceText(event: CoreEvent): string {
  const component = event.source?.component || event.reportingComponent || "";
  const instance = event.source?.host || event.reportingInstance || "";
  return instance === "" ? component : `${component}, ${instance}`;
}

/** Columns of an event in its core form; events.k8s.io shows the same. */
export const eventColumns: readonly Column<CoreEvent>[] = [
  column("Last Seen", "How long ago it happened the last time.", lastSeen),
  column("Type", "Normal or Warning.", (event) => event.type ?? ""),
  column("Reason", "Why, in one word.", (event) => event.reason ?? ""),
  column("Object", "What it is about.", objectText),
  column("Subobject", "Which part of the object.", (event) => event.involvedObject?.fieldPath ?? "", { wide: true }),
  column("Source", "Who says so.", sourceText, { wide: true }),
  column("Message", "What happened.", (event) => (event.message ?? "").trim()),
  column("First Seen", "How long ago it happened the first time.", firstSeen, { wide: true }),
  column("Count", "How often it happened.", (event) => event.series?.count ?? (event.count || 1), { wide: true }),
  column("Name", "Name of the event.", (event) => event.metadata.name ?? "", { format: "name", wide: true }),
];
