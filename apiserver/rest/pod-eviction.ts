import type { ApiResponse } from "../../api/exchange.ts";
import { eviction as evictionBody } from "../../api/kinds/policy/eviction.ts";
import { badRequest, notFound } from "../../api/status/errors.ts";
import type { Eviction, Pod } from "../../api/wire.ts";
import { rfc3339 } from "../../lib/clock.ts";
import type { RequestContext } from "../chain/context.ts";
import { matchNamespace } from "../registry/create.ts";
import { deleteObject } from "../registry/delete.ts";
import { type DeleteOptions, validateDeleteOptions } from "../registry/delete-options.ts";
import { getObject } from "../registry/get.ts";
import type { Registry } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { updateObject } from "../registry/update.ts";
import { answerDone, readAction } from "./action-body.ts";
import { writeContext } from "./create-handler.ts";

/** POST pods/NAME/eviction: deletes the pod, marked as disrupted by whoever asked. */
export async function evictPod(registry: Registry, pods: ServedKind, context: RequestContext): Promise<ApiResponse> {
  const { info } = context;
  const { object: eviction, options } = readAction<Eviction>(context, evictionBody);
  matchNamespace(pods, eviction, info.namespace);
  if (eviction.metadata.name !== info.name) throw badRequest("name in URL does not match name in Eviction object");
  const deletion = (eviction.deleteOptions ?? {}) as DeleteOptions;
  validateDeleteOptions(deletion);
  const dryRun = options.dryRun || (deletion.dryRun?.length ?? 0) > 0;
  const write = writeContext(context, dryRun);
  const pod = (await getObject(registry, pods, info.namespace, info.name, undefined)).object() as Pod;
  if (!dryRun && !isOver(pod)) await markDisrupted(registry, pods, info.name, deletion, write);
  await deleteObject(registry, pods, info.name, deletion, write);
  return answerDone(context);
}

function isOver(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || pod.status?.phase === "Pending" || pod.metadata.deletionTimestamp !== undefined;
}

async function markDisrupted(registry: Registry, pods: ServedKind, name: string, deletion: DeleteOptions, write: ReturnType<typeof writeContext>): Promise<void> {
  const next = (old: object | undefined) => {
    if (old === undefined) throw notFound(pods.resource, name);
    const pod = structuredClone(old) as Pod;
    const { uid, resourceVersion } = deletion.preconditions ?? {};
    // A precondition that fails must leave no mark: the deletion that follows says what is wrong.
    if ((uid !== undefined && uid !== pod.metadata.uid) || (resourceVersion !== undefined && resourceVersion !== pod.metadata.resourceVersion)) return pod;
    const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "DisruptionTarget");
    const disrupted = { type: "DisruptionTarget", status: "True", lastProbeTime: null as unknown as string, lastTransitionTime: rfc3339(write.now_ms), reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" };
    pod.status = { ...pod.status, conditions: [...others, disrupted] };
    return pod;
  };
  await updateObject(registry, pods, { name, subresource: "status", strategy: {}, next, internal: true }, write);
  // The mark itself is a new resourceVersion; the client's precondition was checked above.
  if (deletion.preconditions !== undefined) delete deletion.preconditions.resourceVersion;
}
