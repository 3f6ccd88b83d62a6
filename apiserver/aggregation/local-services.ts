import type { APIService } from "../../api/wire.ts";
import type { Registry } from "../registry/registry.ts";
import type { KindTable } from "../registry/served-kind.ts";
import { ensureObject } from "../registry/system-write.ts";
import { groupPriority, isBuiltInGroup, versionPriority } from "./group-priority.ts";

const MANAGED = "kube-aggregator.kubernetes.io/automanaged";
/** Served by the aggregator itself, which has no APIService. */
const OWN_GROUP = "apiregistration.k8s.io";

/** The APIServices of what this server serves itself, one for each group version. */
export function localApiServices(kinds: KindTable): APIService[] {
  const versions = new Map<string, { group: string; version: string }>();
  for (const { entry } of kinds.all) if (entry.group !== OWN_GROUP) versions.set(`${entry.version}.${entry.group}`, entry);
  return [...versions].map(([name, { group, version }]) => ({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name, labels: { [MANAGED]: isBuiltInGroup(group) ? "onstart" : "true" } },
    spec: { group, version, groupPriorityMinimum: groupPriority(group), versionPriority: versionPriority(group, version) },
  }));
}

/** Makes those that are missing. */
export async function ensureLocalApiServices(registry: Registry): Promise<void> {
  for (const service of localApiServices(registry.kinds)) await ensureObject(registry, service);
}
