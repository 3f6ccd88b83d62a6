import { leases, nodes } from "../../api/resources.ts";
import type { Lease } from "../../api/wire.ts";
import { type Client, isReason } from "../../client/client.ts";
import { type Clock, rfc3339Micro } from "../../lib/clock.ts";
import type { Logger } from "../../lib/logger.ts";

export const LEASE_NAMESPACE = "kube-node-lease";
const LEASE_S = 40;
const RENEW_MS = 10_000;
const RETRY_MS = 1_000;

export interface LeaseKeeperOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Renews the node's Lease every ten seconds: as long as it does, the node counts as alive. */
export async function keepLease(options: LeaseKeeperOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger } = options;
  let last: Lease | undefined;
  while (!signal.aborted) {
    let delay_ms = RENEW_MS;
    try {
      last = await renew(options, last, signal);
    } catch (error) {
      last = undefined;
      delay_ms = RETRY_MS;
      if (!signal.aborted) logger.debug({ error: String(error) }, "the node's Lease could not be renewed");
    }
    await clock.sleep(delay_ms, signal).catch(() => {});
  }
}

async function renew({ client, nodeName, clock }: LeaseKeeperOptions, last: Lease | undefined, signal: AbortSignal): Promise<Lease> {
  const renewTime = rfc3339Micro(clock.now_ms());
  const known = last ?? (await client.get(leases, { namespace: LEASE_NAMESPACE, name: nodeName }, { signal }).catch(unlessNotFound));
  if (known !== undefined) {
    return client.update(leases, { ...known, spec: { ...known.spec, holderIdentity: nodeName, leaseDurationSeconds: LEASE_S, renewTime } }, { signal });
  }
  const node = await client.get(nodes, { name: nodeName }, { signal }).catch(unlessNotFound);
  const owner = node?.metadata.uid === undefined ? [] : [{ apiVersion: "v1", kind: "Node", name: nodeName, uid: node.metadata.uid }];
  const lease: Lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: nodeName, namespace: LEASE_NAMESPACE, ...(owner.length === 0 ? {} : { ownerReferences: owner }) },
    spec: { holderIdentity: nodeName, leaseDurationSeconds: LEASE_S, renewTime },
  };
  return client.create(leases, lease, { namespace: LEASE_NAMESPACE, signal });
}

function unlessNotFound(error: unknown): undefined {
  if (isReason(error, "NotFound")) return undefined;
  throw error;
}
