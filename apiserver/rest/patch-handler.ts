import type { ApiResponse } from "../../api/exchange.ts";
import type { UpdateStrategy } from "../../api/kinds/kind.ts";
import { ALL_PATCH_TYPES, CUSTOM_PATCH_TYPES, negotiatePatch, type PatchMediaType } from "../../api/codec/negotiate.ts";
import { conflict, notFound } from "../../api/status/errors.ts";
import type { ApiObject } from "../../api/wire.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { fieldManagerOf } from "../registry/field-managers.ts";
import { APPLY_PATCH, applyPatch, Configuration } from "../registry/patch.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { type UpdateRequest, updateObject } from "../registry/update.ts";
import { creating } from "./create-access.ts";
import { writeContext } from "./create-handler.ts";
import { checkName } from "./object-name.ts";
import { negotiateKind, presentObject } from "./present.ts";
import { bodyBytes } from "./read-body.ts";
import { checkTimeout } from "./read-handlers.ts";
import { parseWriteOptions, type WriteOptions } from "./write-options.ts";

/** What a PATCH does, once its options are read. */
interface PatchWork {
  readonly registry: Registry;
  readonly context: RequestContext;
  readonly kind: ServedKind;
  readonly subresource: string;
  readonly options: WriteOptions;
  readonly write: WriteContext;
}

/** PATCH of an object, or of a subresource that is the object itself. */
export async function handlePatch(registry: Registry, context: RequestContext, kind: ServedKind, subresource?: { name: string; strategy: UpdateStrategy }): Promise<ApiResponse> {
  const type = negotiatePatch(header(context.request, "content-type"), patchesOf(kind));
  const negotiated = negotiateKind(context, kind);
  const { info } = context;
  checkTimeout(context);
  const options = parseWriteOptions(info.query, "PatchOptions", type === APPLY_PATCH);
  const write = writeContext(context, options.dryRun);
  const work: PatchWork = { registry, context, kind, subresource: subresource?.name ?? "", options, write };
  const how = type === APPLY_PATCH ? applying(work) : patching(work, type);
  const target = { name: info.name, subresource: work.subresource, strategy: subresource?.strategy ?? kind.entry.strategy, isPatch: true };
  const outcome = await updateObject(registry, kind, { ...target, ...how }, write);
  return presentObject(context, negotiated, outcome, outcome.created ? 201 : 200);
}

type How = Pick<UpdateRequest, "next" | "createIfAbsent" | "fieldManager">;

function patching(work: PatchWork, type: PatchMediaType): How {
  const { registry, context, kind, options } = work;
  const patch = { type, bytes: bodyBytes(context) };
  const target = { definition: kind.definition, kind: kind.entry.kind, apiVersion: kind.apiVersion, coerce: kind.custom?.coerce };
  return {
    fieldManager: fieldManagerOf(registry.kinds, kind, work.subresource),
    next(old) {
      if (old === undefined) throw notFound(kind.resource, context.info.name);
      return finished(work, applyPatch(target, old, patch, options.fieldValidation, context.warnings));
    },
  };
}

function applying(work: PatchWork): How {
  const { registry, context, kind, subresource, options, write } = work;
  const fieldManager = fieldManagerOf(registry.kinds, kind, subresource);
  const configuration = new Configuration(bodyBytes(context), options, write);
  return {
    next(old) {
      const object = configuration.applyTo(old, fieldManager);
      const { uid } = object.metadata;
      if (old === undefined && uid) throw conflict(kind.resource, context.info.name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
      return finished(work, object);
    },
    ...(subresource === "" ? { createIfAbsent: creating(registry, context, true) } : {}),
  };
}

function finished({ context, kind }: PatchWork, object: ApiObject): ApiObject {
  checkName(kind, object, context.info.namespace, context.info.name);
  kind.entry.strategy.applyDefaults?.(object);
  return object;
}

/** Custom resources have no strategic merge. */
export function patchesOf(kind: ServedKind): readonly PatchMediaType[] {
  return kind.definition === undefined ? CUSTOM_PATCH_TYPES : ALL_PATCH_TYPES;
}
