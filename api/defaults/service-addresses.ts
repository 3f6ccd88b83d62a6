import type { Service } from "../wire.ts";

const sameList = (a: readonly string[] | undefined, b: readonly string[] | undefined) => (a ?? []).join() === (b ?? []).join();

/**
 * Brings clusterIP and clusterIPs together, before anybody looks at them: a client that knows only the older field, clusterIP,
 * sends it alone or changes it alone. What contradicts itself is left for validation.
 */
export function normalizeClusterIps(service: Service, old: Service | undefined): void {
  const spec = service.spec;
  if (!spec) return;
  if (old === undefined) {
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const before = old.spec ?? {};
  const onlyTheOldField = sameList(spec.clusterIPs, before.clusterIPs);
  if (before.clusterIP && !spec.clusterIP) {
    if (onlyTheOldField) delete spec.clusterIPs;
  } else if (spec.clusterIP && !before.clusterIP) {
    if (!spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  } else if (spec.clusterIP && spec.clusterIP !== before.clusterIP) {
    if (onlyTheOldField) spec.clusterIPs = [spec.clusterIP];
  } else if (!spec.clusterIPs?.length && before.clusterIPs?.length) {
    // The newer field was cleared: both are.
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
}
