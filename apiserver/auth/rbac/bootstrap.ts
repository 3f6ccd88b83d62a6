import { isDeepStrictEqual } from "node:util";
import type { ApiObject, ClusterRole, PolicyRule, RoleBinding, Subject } from "../../../api/wire.ts";
import type { Registry } from "../../registry/registry.ts";
import { reconcileObject } from "../../registry/system-write.ts";
import type { BootstrapPolicy } from "./bootstrap-policy.ts";
import { AUTOUPDATE } from "./bootstrap-rules.ts";

/** Makes the roles and bindings that every cluster has, and gives back to those that are there what they lack. */
export async function ensureBootstrapPolicy(registry: Registry, policy: BootstrapPolicy): Promise<void> {
  for (const role of [...policy.clusterRoles, ...policy.roles]) await reconcileObject(registry, role as ApiObject, (present) => mendRole(present as ClusterRole, role as ClusterRole));
  for (const binding of [...policy.clusterRoleBindings, ...policy.roleBindings]) {
    await reconcileObject(registry, binding as ApiObject, (present) => mendBinding(present as RoleBinding, binding as RoleBinding));
  }
}

/** Adds missing rules and labels; true when there were any. An aggregated role's rules are its parts'. */
function mendRole(present: ClusterRole, wanted: ClusterRole): boolean {
  if (isLeftAlone(present)) return false;
  let changed = mendMetadata(present, wanted);
  if (wanted.aggregationRule !== undefined) {
    if (isDeepStrictEqual(present.aggregationRule, wanted.aggregationRule)) return changed;
    present.aggregationRule = wanted.aggregationRule;
    return true;
  }
  const rules = present.rules ?? [];
  const missing = (wanted.rules ?? []).filter((rule) => !rules.some((other) => sameRule(other, rule)));
  if (missing.length > 0) {
    present.rules = [...rules, ...missing];
    changed = true;
  }
  return changed;
}

function mendBinding(present: RoleBinding, wanted: RoleBinding): boolean {
  if (isLeftAlone(present)) return false;
  const changed = mendMetadata(present, wanted);
  const subjects = present.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((subject) => !subjects.some((other) => sameSubject(other, subject)));
  if (missing.length === 0) return changed;
  present.subjects = [...subjects, ...missing];
  return true;
}

function isLeftAlone(object: { metadata: { annotations?: Record<string, string> } }): boolean {
  return object.metadata.annotations?.[AUTOUPDATE] === "false";
}

function mendMetadata(present: Pick<ClusterRole, "metadata">, wanted: Pick<ClusterRole, "metadata">): boolean {
  let changed = false;
  for (const field of ["labels", "annotations"] as const) {
    for (const [key, value] of Object.entries(wanted.metadata[field] ?? {})) {
      if (present.metadata[field]?.[key] === value) continue;
      present.metadata[field] = { ...present.metadata[field], [key]: value };
      changed = true;
    }
  }
  return changed;
}

function sameRule(a: PolicyRule, b: PolicyRule): boolean {
  return (["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"] as const).every((field) => isDeepStrictEqual([...(a[field] ?? [])].sort(), [...(b[field] ?? [])].sort()));
}

function sameSubject(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? "") === (b.namespace ?? "");
}
