import { leases } from "../../../api/resources.ts";
import type { Pod } from "../../../api/wire.ts";
import { type Client, isReason } from "../../../client/client.ts";
import { age } from "../describe/age.ts";

/** A pod that nobody has looked at for this long tells that no scheduler runs. */
const PATIENCE_MS = 15_000;
const DEFAULT_LEASE_S = 15;

/** What speaks for there being no scheduler at work; undefined: nothing does. */
export async function schedulerTrouble(client: Client, pod: Pod, now_ms: number): Promise<string | undefined> {
  const lease = await client.get(leases, { namespace: "kube-system", name: "kube-scheduler" }).catch((error: unknown) => {
    if (isReason(error, "NotFound") || isReason(error, "Forbidden")) return undefined;
    throw error;
  });
  const renewed = lease?.spec?.renewTime;
  const holder = lease?.spec?.holderIdentity;
  if (renewed !== undefined && now_ms - Date.parse(renewed) > 2000 * (lease?.spec?.leaseDurationSeconds ?? DEFAULT_LEASE_S))
    return `no scheduler runs: the last one (${holder || "it gave up its lease"}) was there ${age(renewed, now_ms)} ago. Start one: berth scheduler`;
  if (lease !== undefined && holder === "") return "no scheduler runs: the last one gave up its lease. Start one: berth scheduler";
  const looked = pod.status?.conditions?.some((condition) => condition.type === "PodScheduled");
  const created_ms = Date.parse(pod.metadata.creationTimestamp ?? "");
  if (!looked && now_ms - created_ms > PATIENCE_MS) return `no scheduler has looked at it in the ${age(pod.metadata.creationTimestamp ?? "", now_ms)} since it was made: is one running?${renewed === undefined ? "" : ` ${holder} holds the lease`}`;
  return undefined;
}
