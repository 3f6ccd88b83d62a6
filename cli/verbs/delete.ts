import type { ApiObject } from "../../api/wire.ts";
import { ApiError, type DeleteOptions, isReason, type ObjectKey } from "../../client/client.ts";
import type { MappedResource } from "../api/resource-mapper.ts";
import type { Session } from "../api/session.ts";
import { displayName } from "../api/targets.ts";

export interface DeleteTarget {
  readonly resource: MappedResource;
  readonly key: ObjectKey;
}

export interface DeleteVerbOptions {
  readonly wait: boolean;
  readonly ignoreNotFound: boolean;
  readonly options: DeleteOptions;
  readonly say: (line: string) => void;
}

/** Deletes each object, then (with `wait`) watches until all are gone. */
export async function deleteObjects(session: Session, targets: readonly DeleteTarget[], verb: DeleteVerbOptions, signal: AbortSignal): Promise<void> {
  const gone: Promise<void>[] = [];
  for (const { resource, key } of targets) {
    const before = verb.wait ? await session.client.get(resource, key).catch(() => undefined) : undefined;
    try {
      await session.client.delete(resource, key, verb.options);
    } catch (error) {
      if (verb.ignoreNotFound && isReason(error, "NotFound")) continue;
      throw error;
    }
    const how = verb.options.gracePeriodSeconds === 0 ? " force deleted" : " deleted";
    verb.say(displayName(resource, key.name).replace("/", ` "`) + `"${how}${key.namespace ? ` from ${key.namespace} namespace` : ""}`);
    if (before !== undefined && !verb.options.dryRun) gone.push(waitUntilGone(session, resource, key, before.metadata.uid ?? "", signal));
  }
  await Promise.all(gone);
}

/** Resolves when no object of that name and uid is there any more. */
async function waitUntilGone(session: Session, resource: MappedResource, key: ObjectKey, uid: string, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const selector = { ...(key.namespace ? { namespace: key.namespace } : {}), fieldSelector: `metadata.name=${key.name}` };
  while (!signal.aborted) {
    const list = await session.client.list<ApiObject>(resource, selector);
    if (!list.items.some((one) => one.metadata.uid === uid)) return;
    try {
      for await (const batch of session.client.watch<ApiObject>(resource, { ...selector, resourceVersion: list.metadata.resourceVersion ?? "" }, either))
        if (batch.some((event) => event.type === "DELETED" && event.object.metadata.uid === uid)) {
          done.abort();
          return;
        }
    } catch (error) {
      // A watch that was compacted away or broke off is begun again; other refusals are the user's to see.
      if (!(error instanceof ApiError) || !isReason(error, "Expired")) throw error;
    }
  }
}
