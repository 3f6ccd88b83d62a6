import type { ApiResponse } from "../../api/exchange.ts";
import { negotiatePatch } from "../../api/codec/negotiate.ts";
import type { ScaleAccess, Subresource } from "../../api/kinds/kind.ts";
import { badRequest, internalError, invalid, notFound } from "../../api/status/errors.ts";
import { invalid as invalidValue } from "../../api/status/field-error.ts";
import type { ApiObject, ObjectMeta } from "../../api/wire.ts";
import { answerObject, negotiate } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { getObject } from "../registry/get.ts";
import { applyPatch } from "../registry/patch.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { shownObject, updateObject } from "../registry/update.ts";
import { writeContext } from "./create-handler.ts";
import { patchesOf } from "./patch-handler.ts";
import { objectOf } from "./present.ts";
import { bodyBytes, readObject } from "./read-body.ts";
import { parseWriteOptions } from "./write-options.ts";

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale", definition: "io.k8s.api.autoscaling.v1.Scale" };

interface Scale extends ApiObject {
  spec?: { replicas?: number };
}

/** autoscaling/v1 Scale of an object: read, replaced or patched; only spec.replicas goes back into the object. */
export async function handleScale(registry: Registry, context: RequestContext, kind: ServedKind, subresource: Subresource): Promise<ApiResponse> {
  const { scale } = subresource;
  if (scale === undefined) throw internalError(`${kind.entry.plural} has no scale`);
  const { info } = context;
  if (info.method === "GET" || info.method === "HEAD") {
    const negotiated = negotiate(context);
    const cached = await getObject(registry, kind, info.namespace, info.name, info.query.get("resourceVersion"));
    return answerObject(context, negotiated, SCALE.definition, scaleOf(scale, shownObject(kind, cached)), 200);
  }
  return await writeScale(registry, context, kind, scale);
}

async function writeScale(registry: Registry, context: RequestContext, kind: ServedKind, scale: ScaleAccess): Promise<ApiResponse> {
  const { info } = context;
  const isPatch = info.method === "PATCH";
  const patch = isPatch ? { type: negotiatePatch(header(context.request, "content-type"), patchesOf(kind)), bytes: bodyBytes(context) } : undefined;
  const negotiated = negotiate(context);
  const options = parseWriteOptions(info.query, isPatch ? "PatchOptions" : "UpdateOptions");
  const put = patch === undefined ? (readObject(context, SCALE, options.fieldValidation) as Scale) : undefined;
  if (put !== undefined) checkScaleName(put, info.namespace, info.name);
  const next = (old: ApiObject | undefined): ApiObject => {
    if (old === undefined) throw notFound(kind.resource, info.name);
    const target = { definition: SCALE.definition, kind: SCALE.kind, apiVersion: `${SCALE.group}/${SCALE.version}` };
    const wanted: Scale = put ?? (applyPatch(target, scaleOf(scale, old), patch!, options.fieldValidation, context.warnings) as Scale);
    checkScaleName(wanted, info.namespace, info.name);
    validateScale(wanted);
    const object = structuredClone(old);
    scale.setReplicas(object, wanted.spec?.replicas ?? 0);
    if (wanted.metadata.resourceVersion) object.metadata.resourceVersion = wanted.metadata.resourceVersion;
    else delete object.metadata.resourceVersion;
    if (wanted.metadata.uid) object.metadata.uid = wanted.metadata.uid;
    return object;
  };
  const outcome = await updateObject(registry, kind, { name: info.name, subresource: "scale", strategy: kind.entry.strategy, next, isPatch, internal: true }, writeContext(context, options.dryRun));
  return answerObject(context, negotiated, SCALE.definition, scaleOf(scale, objectOf(outcome)), 200);
}

function validateScale(scale: Scale): void {
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0) throw invalid({ group: SCALE.group, kind: SCALE.kind }, scale.metadata.name ?? "", [invalidValue("spec.replicas", replicas, "must be greater than or equal to 0")]);
}

function checkScaleName(scale: Scale, namespace: string, name: string): void {
  const meta = scale.metadata;
  if (!meta.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (meta.name !== name) throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
  if (!meta.namespace) meta.namespace = namespace;
  else if (meta.namespace !== namespace) throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

function scaleOf(scale: ScaleAccess, object: ApiObject): ApiObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = Object.fromEntries(Object.entries({ name, namespace, uid, resourceVersion, creationTimestamp }).filter(([, value]) => value !== undefined)) as ObjectMeta;
  const selector = scale.selector(object);
  return {
    kind: SCALE.kind,
    apiVersion: `${SCALE.group}/${SCALE.version}`,
    metadata,
    spec: { replicas: scale.replicas(object) },
    status: { replicas: scale.statusReplicas(object), ...(selector === "" ? {} : { selector }) },
  };
}
