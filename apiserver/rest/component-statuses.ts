import { partialObjectMetadata } from "../../api/codec/table.ts";
import { parseFieldSelector } from "../../api/selector/fields.ts";
import { parseLabelSelector } from "../../api/selector/labels.ts";
import { notFound } from "../../api/status/errors.ts";
import type { ApiResponse } from "../../api/exchange.ts";
import type { ApiObject, ComponentStatus } from "../../api/wire.ts";
import { prefixRange } from "../../store/store.ts";
import { answerHeaders, encodeAs, negotiate } from "../chain/answer.ts";
import type { RequestContext } from "../chain/context.ts";
import { parseListOptions } from "../registry/list-options.ts";
import type { Registry } from "../registry/registry.ts";
import { makeSelection } from "../registry/selection.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { checkListConversion, presentObject, tableText, textBytes } from "./present.ts";

const LIST_DEFINITION = "io.k8s.api.core.v1.ComponentStatusList";
const PARTIAL_LIST_DEFINITION = "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList";
/** The store's name in every cluster that people know. */
const STORE = "etcd-0";

/** GET of one component or of all: the store is what this server can see. @throws StatusError 404 */
export async function handleComponentStatuses(registry: Registry, context: RequestContext, kind: ServedKind): Promise<ApiResponse> {
  const negotiated = negotiate(context, { tables: true });
  const { name } = context.info;
  if (name !== "") {
    if (name !== STORE) throw notFound({ group: "", resource: kind.entry.singular }, name);
    return presentObject(context, negotiated, { kind, object: await storeStatus(registry) }, 200);
  }
  const { labelSelector, fieldSelector } = parseListOptions(context.info.query);
  makeSelection(kind, "", "", labelSelector, fieldSelector);
  const items = [await storeStatus(registry)].filter((component) => isSelected(component, labelSelector, fieldSelector));
  const headers = answerHeaders(context, negotiated.contentType);
  const list = { kind: kind.entry.listKind, apiVersion: kind.apiVersion, metadata: {}, items };
  if (context.request.acceptsObjects === true && negotiated.as === undefined) return { status: 200, headers, body: { type: "object", object: list } };
  checkListConversion(kind, negotiated, true);
  const { as } = negotiated;
  if (as === undefined) return { status: 200, headers, body: { type: "bytes", bytes: encodeAs(negotiated, LIST_DEFINITION, list) } };
  if (as.kind === "Table") return { status: 200, headers, body: { type: "bytes", bytes: textBytes(negotiated, tableText(context, kind, negotiated, items, {})) } };
  const partial = { kind: as.kind, apiVersion: `meta.k8s.io/${as.version}`, metadata: {}, items: items.map((item) => partialObjectMetadata(item, as.version)) };
  return { status: 200, headers, body: { type: "bytes", bytes: encodeAs(negotiated, PARTIAL_LIST_DEFINITION, partial) } };
}

/** The selectors are known to be valid. Components have no labels. */
function isSelected(component: ApiObject, labels: string, fields: string): boolean {
  if (labels !== "" && !parseLabelSelector(labels).matches({})) return false;
  return fields === "" || parseFieldSelector(fields).matches((field) => (field === "metadata.name" ? (component.metadata.name ?? "") : ""));
}

async function storeStatus(registry: Registry): Promise<ApiObject> {
  const condition = { type: "Healthy", ...(await storeHealth(registry)) };
  const status: ComponentStatus = { kind: "ComponentStatus", apiVersion: "v1", metadata: { name: STORE }, conditions: [condition] };
  return status as unknown as ApiObject;
}

async function storeHealth(registry: Registry): Promise<{ status: string; message: string; error?: string }> {
  try {
    await registry.store.range({ ...prefixRange("/registry/health/"), limit: 1 });
    return { status: "True", message: "ok" };
  } catch (error) {
    return { status: "False", message: "the store does not answer", error: error instanceof Error ? error.message : String(error) };
  }
}
