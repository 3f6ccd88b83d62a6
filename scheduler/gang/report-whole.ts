import { type Client, isReason } from "../../client/client.ts";
import { splitKey } from "../../client/informer.ts";
import { type Clock, rfc3339 } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";
import { podGroups } from "./pod-groups.ts";
import { SCHEDULED } from "./gangs.ts";

/** Writes into the PodGroup's status that it was placed whole, so that a scheduler that starts later knows. Never rejects. */
export async function reportWhole({ client, clock, logger }: { readonly client: Client; readonly clock: Clock; readonly logger: Logger }, key: string, signal: AbortSignal): Promise<void> {
  const { namespace, name } = splitKey(key);
  const status = { phase: SCHEDULED, scheduleStartTime: rfc3339(clock.now_ms()) };
  try {
    await client.patch(podGroups, { namespace, name }, "merge", { status }, { subresource: "status", signal });
  } catch (error) {
    if (!signal.aborted && !isReason(error, "NotFound")) logger.warn({ podGroup: key, error: String(error) }, "the status of a pod group could not be written");
  }
}
