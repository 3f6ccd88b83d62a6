import { coreEvents } from "../../../api/resources.ts";
import type { ApiObject, CoreEvent, Deployment, Node, Pod } from "../../../api/wire.ts";
import type { MappedResource } from "../../api/resource-mapper.ts";
import type { Session } from "../../api/session.ts";
import { parseTargets } from "../../api/targets.ts";
import { age } from "./age.ts";
import { describeDeployment } from "./deployment.ts";
import { describeNode } from "./node.ts";
import { describePod } from "./pod.ts";
import { fields, type Section, table } from "./section.ts";

/** Most events that are shown, the newest. */
const MAX_EVENTS = 30;

/** `berth describe TYPE NAME…`: what an operator asks of an object, its events last. Returns the text. */
export async function describe(session: Session, words: readonly string[], labelSelector: string | undefined, now_ms: number): Promise<string> {
  const targets = parseTargets(words, await session.mapper());
  const texts: string[] = [];
  for (const { resource, name } of targets) {
    const namespace = resource.namespaced ? session.namespace : undefined;
    const scope = namespace === undefined ? {} : { namespace };
    const objects = name === undefined ? (await session.client.list(resource, { ...scope, ...(labelSelector === undefined ? {} : { labelSelector }) })).items : [await session.client.get(resource, { namespace, name })];
    for (const object of objects) texts.push([...sectionsOf(resource, object), await eventsOf(session, object, now_ms)].flat().join("\n"));
  }
  return texts.length === 0 ? "" : `${texts.join("\n\n\n")}\n`;
}

function sectionsOf(resource: MappedResource, object: ApiObject): Section[] {
  const identity = `${resource.group}/${resource.resource}`;
  if (identity === "/pods") return describePod(object as unknown as Pod);
  if (identity === "/nodes") return describeNode(object as unknown as Node);
  if (identity === "apps/deployments") return describeDeployment(object as unknown as Deployment);
  return describeAny(object);
}

/** Any other kind: metadata, then each field as it is. */
function describeAny(object: ApiObject): Section[] {
  const { apiVersion, kind, metadata, ...rest } = object;
  const head = fields({
    Name: metadata.name,
    Namespace: metadata.namespace,
    Labels: metadata.labels ?? {},
    Annotations: metadata.annotations ?? {},
    "API Version": apiVersion,
    Kind: kind,
    "Created At": metadata.creationTimestamp,
  });
  // What a Secret holds is shown by `get -o yaml`, never in passing.
  const shown = kind === "Secret" ? { ...rest, data: Object.fromEntries(Object.entries((rest.data as Record<string, string> | undefined) ?? {}).map(([key, value]) => [key, `${Buffer.from(value, "base64").length} bytes`])) } : rest;
  return [head, fields(Object.fromEntries(Object.entries(shown).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value])))];
}

async function eventsOf(session: Session, object: ApiObject, now_ms: number): Promise<Section> {
  const selector = [`involvedObject.name=${object.metadata.name}`, `involvedObject.kind=${object.kind}`, ...(object.metadata.uid && object.kind !== "Node" ? [`involvedObject.uid=${object.metadata.uid}`] : [])].join(",");
  const list = await session.client.list(coreEvents, { ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}), fieldSelector: selector });
  if (list.items.length === 0) return ["Events:  <none>"];
  const newest = [...list.items].sort((a, b) => (lastSeen(a) < lastSeen(b) ? -1 : 1)).slice(-MAX_EVENTS);
  const rows = newest.map((event) => [event.type ?? "", event.reason ?? "", eventAge(event, now_ms), event.source?.component || event.reportingComponent || "", (event.message ?? "").trim()]);
  return ["Events:", ...table([["Type", "Reason", "Age", "From", "Message"], ["----", "------", "----", "----", "-------"], ...rows], 2)];
}

function lastSeen(event: CoreEvent): string {
  return event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "";
}

function eventAge(event: CoreEvent, now_ms: number): string {
  const last = age(lastSeen(event), now_ms);
  const count = event.series?.count ?? event.count ?? 1;
  return count > 1 ? `${last} (x${count} over ${age(event.firstTimestamp ?? event.eventTime ?? "", now_ms)})` : last;
}
