import type { ApiResponse } from "../../api/exchange.ts";
import type { UpdateStrategy } from "../../api/kinds/kind.ts";
import { negotiatePatch, type PatchMediaType } from "../../api/codec/negotiate.ts";
import { notFound } from "../../api/status/errors.ts";
import { negotiate } from "../chain/answer.ts";
import { header, type RequestContext } from "../chain/context.ts";
import { applyPatch } from "../registry/patch.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { updateObject } from "../registry/update.ts";
import { writeContext } from "./create-handler.ts";
import { checkName } from "./object-name.ts";
import { presentObject } from "./present.ts";
import { bodyBytes } from "./read-body.ts";
import { checkTimeout } from "./read-handlers.ts";
import { parseWriteOptions } from "./write-options.ts";

const PATCHES: readonly PatchMediaType[] = ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"];

/** PATCH of an object, or of a subresource that is the object itself. */
export async function handlePatch(registry: Registry, context: RequestContext, kind: ServedKind, subresource?: { name: string; strategy: UpdateStrategy }): Promise<ApiResponse> {
  const type = negotiatePatch(header(context.request, "content-type"), patchesOf(kind));
  const negotiated = negotiate(context, { tables: true });
  const { info } = context;
  checkTimeout(context);
  const options = parseWriteOptions(info.query, "PatchOptions");
  const patch = { type, bytes: bodyBytes(context) };
  const target = { definition: kind.definition, kind: kind.entry.kind, apiVersion: kind.apiVersion };
  const outcome = await updateObject(
    registry,
    kind,
    {
      name: info.name,
      subresource: subresource?.name ?? "",
      strategy: subresource?.strategy ?? kind.entry.strategy,
      next: (old) => {
        if (old === undefined) throw notFound(kind.resource, info.name);
        const object = applyPatch(target, old, patch, options.fieldValidation, context.warnings);
        checkName(kind, object, info.namespace, info.name);
        kind.entry.strategy.applyDefaults?.(object);
        return object;
      },
      isPatch: true,
    },
    writeContext(context, options.dryRun),
  );
  return presentObject(context, negotiated, outcome, outcome.created ? 201 : 200);
}

/** Custom resources have no strategic merge. */
export function patchesOf(kind: ServedKind): readonly PatchMediaType[] {
  return kind.definition === undefined ? PATCHES.slice(0, 2) : PATCHES;
}
