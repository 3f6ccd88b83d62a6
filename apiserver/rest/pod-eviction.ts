import type { ApiResponse } from "../../api/exchange.ts";
import { eviction as evictionBody } from "../../api/kinds/policy/eviction.ts";
import { badRequest, StatusError } from "../../api/status/errors.ts";
import type { Eviction, Pod } from "../../api/wire.ts";
import type { RequestContext } from "../chain/context.ts";
import { matchNamespace } from "../registry/create.ts";
import { deleteObject } from "../registry/delete.ts";
import { type DeleteOptions, validateDeleteOptions } from "../registry/delete-options.ts";
import { getObject } from "../registry/get.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import type { ServedKind } from "../registry/served-kind.ts";
import { answerDone, readAction } from "./action-body.ts";
import { writeContext } from "./create-handler.ts";
import { budgetOf, isSpared, spend, stillProcessed } from "./eviction-budget.ts";

/** Written with the deletion itself. */
const DISRUPTION = { reason: "EvictionByEvictionAPI", message: "Eviction API: evicting" };
/** Lost races against a pod that changes, after which an eviction gives up. */
const MAX_ATTEMPTS = 20;

/** POST pods/NAME/eviction: deletes the pod, marked as disrupted by whoever asked, if the budget that protects it allows that. @throws StatusError 429 when not */
export async function evictPod(registry: Registry, pods: ServedKind, context: RequestContext): Promise<ApiResponse> {
  const { info } = context;
  const { object: eviction, options } = readAction<Eviction>(context, evictionBody);
  matchNamespace(pods, eviction, info.namespace);
  if (eviction.metadata.name !== info.name) throw badRequest("name in URL does not match name in Eviction object");
  const deletion = (eviction.deleteOptions ?? {}) as DeleteOptions;
  validateDeleteOptions(deletion);
  const write = writeContext(context, options.dryRun || (deletion.dryRun?.length ?? 0) > 0);
  const remove = async (resourceVersion?: string) => {
    const preconditions = { ...deletion.preconditions, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    await deleteObject(registry, pods, info.name, { ...deletion, preconditions, disruption: DISRUPTION }, write);
  };
  const isFree = deletion.preconditions?.resourceVersion === undefined;
  for (let attempt = 1; ; attempt++) {
    const pod = (await getObject(registry, pods, info.namespace, info.name, undefined)).object() as Pod;
    if (!isBeyondBudgets(pod)) {
      await removeWithinBudget(registry, pod, isFree, remove, write);
      return answerDone(context);
    }
    try {
      // A pod that has not started may be ready in a moment, and is a budget's then.
      await remove(isFree && !isOver(pod) ? pod.metadata.resourceVersion : undefined);
      return answerDone(context);
    } catch (error) {
      if (!isFree || !isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function removeWithinBudget(registry: Registry, pod: Pod, isFree: boolean, remove: (resourceVersion?: string) => Promise<void>, write: WriteContext): Promise<void> {
  const budget = await budgetOf(registry, pod);
  if (budget === undefined) return remove();
  if (!isSpared(budget, pod)) {
    await spend(registry, budget, pod, write);
    return remove();
  }
  try {
    // Only as long as it has not become ready.
    await remove(pod.metadata.resourceVersion);
  } catch (error) {
    throw isFree && isConflict(error) ? stillProcessed(budget.metadata.name ?? "") : error;
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof StatusError && error.status.code === 409;
}

/** Finished or going: it causes no disruption any more. */
function isOver(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || pod.metadata.deletionTimestamp !== undefined;
}

function isBeyondBudgets(pod: Pod): boolean {
  return isOver(pod) || pod.status?.phase === "Pending";
}
