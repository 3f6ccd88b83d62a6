import type { ApiResponse } from "../../api/exchange.ts";
import type { UpdateStrategy } from "../../api/kinds/kind.ts";
import type { RequestContext } from "../chain/context.ts";
import { fieldManagerOf } from "../registry/field-managers.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { updateObject } from "../registry/update.ts";
import { creating } from "./create-access.ts";
import { bodyKindOf, writeContext } from "./create-handler.ts";
import { checkName } from "./object-name.ts";
import { negotiateKind, presentObject } from "./present.ts";
import { readObject } from "./read-body.ts";
import { checkTimeout } from "./read-handlers.ts";
import { parseWriteOptions } from "./write-options.ts";

/** PUT of an object, or of a subresource that is the object itself. */
export async function handleUpdate(registry: Registry, context: RequestContext, kind: ServedKind, subresource?: { name: string; strategy: UpdateStrategy }): Promise<ApiResponse> {
  const negotiated = negotiateKind(context, kind);
  const { info } = context;
  checkTimeout(context);
  const options = parseWriteOptions(info.query, "UpdateOptions");
  let first = true;
  const read = () => {
    const object = readObject(first ? context : { ...context, warnings: [] }, bodyKindOf(kind), options.fieldValidation);
    first = false;
    checkName(kind, object, info.namespace, info.name);
    kind.entry.strategy.applyDefaults?.(object);
    return object;
  };
  let decoded: ReturnType<typeof read> | undefined = read();
  const next = () => {
    // The first attempt takes the object as decoded, each later one decodes it again: an attempt changes its object.
    const object = decoded ?? read();
    decoded = undefined;
    return object;
  };
  const outcome = await updateObject(
    registry,
    kind,
    {
      name: info.name,
      subresource: subresource?.name ?? "",
      strategy: subresource?.strategy ?? kind.entry.strategy,
      next,
      fieldManager: fieldManagerOf(registry.kinds, kind, subresource?.name ?? ""),
      ...(subresource === undefined && kind.entry.strategy.allowCreateOnUpdate === true ? { createIfAbsent: creating(registry, context, false) } : {}),
    },
    writeContext(context, options.dryRun),
  );
  return presentObject(context, negotiated, outcome, outcome.created ? 201 : 200);
}
