import type { ApiResponse } from "../../api/exchange.ts";
import { negotiatePatch } from "../../api/codec/negotiate.ts";
import { managersAfterScale, managersOfScale } from "../../api/fieldmanager/scale.ts";
import type { ScaleAccess, Subresource } from "../../api/kinds/kind.ts";
import { badRequest, internalError, invalid, notFound } from "../../api/status/errors.ts";
import { invalid as invalidValue } from "../../api/status/field-error.ts";
import { goQuote } from "../../api/status/go-text.ts";
import type { ApiObject, ObjectMeta } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import { answerObject, negotiate } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { scaleFieldManager } from "../registry/field-managers.ts";
import { getObject } from "../registry/get.ts";
import { APPLY_PATCH, applyPatch, Configuration } from "../registry/patch.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { shownObject, updateObject } from "../registry/update.ts";
import { writeContext } from "./create-handler.ts";
import { patchesOf } from "./patch-handler.ts";
import { objectOf } from "./present.ts";
import { bodyBytes, readObject } from "./read-body.ts";
import { parseWriteOptions, type WriteOptions } from "./write-options.ts";

const SCALE = { group: "autoscaling", version: "v1", kind: "Scale", definition: "io.k8s.api.autoscaling.v1.Scale" };

/** Stands in a Scale for replicas that a custom resource does not have: clients that see it know that they have to say how many. */
const UNSET_REPLICAS = -2_147_483_648;

interface Scale extends ApiObject {
  spec?: { replicas?: number };
}

/** autoscaling/v1 Scale of an object: read, replaced, patched or applied; only spec.replicas goes back into the object. */
export async function handleScale(registry: Registry, context: RequestContext, kind: ServedKind, subresource: Subresource): Promise<ApiResponse> {
  const { scale } = subresource;
  if (scale === undefined) throw internalError(`${kind.entry.plural} has no scale`);
  const { info } = context;
  if (info.method === "GET" || info.method === "HEAD") {
    const negotiated = negotiate(context);
    const cached = await getObject(registry, kind, info.namespace, info.name, info.query.get("resourceVersion"));
    const object = shownObject(kind, cached);
    if (scale.replicas(object) === undefined) throw internalError(`the spec replicas field ${goQuote(scale.specReplicasPath ?? "")} does not exist`);
    return answerObject(context, negotiated, SCALE.definition, scaleOf(scale, object), 200);
  }
  return await writeScale(registry, context, kind, scale);
}

async function writeScale(registry: Registry, context: RequestContext, kind: ServedKind, scale: ScaleAccess): Promise<ApiResponse> {
  const { info } = context;
  const isPatch = info.method === "PATCH";
  const type = isPatch ? negotiatePatch(header(context.request, "content-type"), patchesOf(kind)) : undefined;
  const negotiated = negotiate(context);
  const options = parseWriteOptions(info.query, isPatch ? "PatchOptions" : "UpdateOptions", type === APPLY_PATCH);
  const write = writeContext(context, options.dryRun);
  const wanted = type === undefined ? putScale(context, write, options) : type === APPLY_PATCH ? appliedScale(context, write, options) : patchedScale(context, write, options, type);
  const paths = scale.replicasPaths ?? { [kind.apiVersion]: "spec.replicas" };
  const next = (old: ApiObject | undefined): ApiObject => {
    if (old === undefined) throw notFound(kind.resource, info.name);
    const shown = withManagers(scaleOf(scale, old), managersOfScale(old.metadata.managedFields, paths));
    const result = wanted(shown);
    checkScaleName(result, info.namespace, info.name);
    if (scale.specReplicasPath === undefined) validateScale(result);
    else if (result.spec?.replicas === UNSET_REPLICAS) throw badRequest(`the spec replicas field ${goQuote(scale.specReplicasPath)} cannot be empty`);
    const object = withManagers(structuredClone(old), managersAfterScale(old.metadata.managedFields, result.metadata.managedFields, paths, kind.apiVersion));
    scale.setReplicas(object, result.spec?.replicas ?? 0);
    if (result.metadata.resourceVersion) object.metadata.resourceVersion = result.metadata.resourceVersion;
    else delete object.metadata.resourceVersion;
    if (result.metadata.uid) object.metadata.uid = result.metadata.uid;
    return object;
  };
  const outcome = await updateObject(registry, kind, { name: info.name, subresource: "scale", strategy: kind.entry.strategy, next, isPatch, internal: true }, write);
  return answerObject(context, negotiated, SCALE.definition, scaleOf(scale, objectOf(outcome)), 200);
}

/** The new Scale from the present one, its managers true. @throws StatusError */
type Wanted = (shown: Scale) => Scale;

function putScale(context: RequestContext, write: WriteContext, options: WriteOptions): Wanted {
  const put = readObject(context, SCALE, options.fieldValidation) as Scale;
  checkScaleName(put, context.info.namespace, context.info.name);
  return (shown) => tracked(shown, { ...put, metadata: { ...put.metadata } }, write);
}

function patchedScale(context: RequestContext, write: WriteContext, options: WriteOptions, type: ReturnType<typeof negotiatePatch>): Wanted {
  const patch = { type, bytes: bodyBytes(context) };
  const target = { definition: SCALE.definition, kind: SCALE.kind, apiVersion: `${SCALE.group}/${SCALE.version}` };
  return (shown) => tracked(shown, applyPatch(target, shown, patch, options.fieldValidation, context.warnings) as Scale, write);
}

function appliedScale(context: RequestContext, write: WriteContext, options: WriteOptions): Wanted {
  const configuration = new Configuration(bodyBytes(context), options, write);
  return (shown) => configuration.applyTo(shown, scaleFieldManager) as Scale;
}

function tracked(shown: Scale, next: Scale, write: WriteContext): Scale {
  scaleFieldManager.update(shown, next, write.manager, rfc3339(write.now_ms));
  return next;
}

function withManagers<T extends ApiObject>(object: T, managers: NonNullable<ObjectMeta["managedFields"]>): T {
  if (managers.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = managers;
  return object;
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
    spec: { replicas: scale.replicas(object) ?? UNSET_REPLICAS },
    status: { replicas: scale.statusReplicas(object), ...(selector === "" ? {} : { selector }) },
  };
}
