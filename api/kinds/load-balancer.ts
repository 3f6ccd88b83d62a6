import { fieldPath } from "../status/field-path.ts";
import { ipWarnings } from "../validation/ip.ts";
import type { Ingress, Service } from "../wire.ts";

type LoadBalanced = Pick<Service | Ingress, "status">;

/** Addresses of a load balancer that are written in an unusual way. */
export function loadBalancerWarnings(object: LoadBalanced): string[] {
  const path = fieldPath("status", "loadBalancer", "ingress");
  return (object.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }: { ip?: string }, i: number) => (ip ? ipWarnings(ip, path.index(i)) : []));
}
