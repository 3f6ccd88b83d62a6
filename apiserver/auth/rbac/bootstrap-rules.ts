import type { ClusterRole, ClusterRoleBinding, PolicyRule, Subject } from "../../../api/wire.ts";

/** The pieces that default roles and bindings are made of. */
export const GROUP = "rbac.authorization.k8s.io";
export const API_VERSION = `${GROUP}/v1`;
export const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";
export const LABELS = { "kubernetes.io/bootstrapping": "rbac-defaults" };

export const READ = ["get", "list", "watch"];
export const EVENTS = rule(["create", "patch", "update"], ["", "events.k8s.io"], ["events"]);

export function rule(verbs: readonly string[], apiGroups: readonly string[], resources: readonly string[], resourceNames?: readonly string[]): PolicyRule {
  return { verbs: [...verbs], apiGroups: [...apiGroups], resources: [...resources], ...(resourceNames === undefined ? {} : { resourceNames: [...resourceNames] }) };
}

export function clusterRole(name: string, rules: readonly PolicyRule[], more: { labels?: Record<string, string>; aggregate?: string } = {}): ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: { name, labels: { ...LABELS, ...more.labels }, annotations: { [AUTOUPDATE]: "true" } },
    rules: [...rules],
    ...(more.aggregate === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${more.aggregate}`]: "true" } }] } }),
  };
}

export function clusterRoleBinding(name: string, role: string, subjects: readonly Subject[]): ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRoleBinding",
    metadata: { name, labels: LABELS, annotations: { [AUTOUPDATE]: "true" } },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: role },
    subjects: [...subjects],
  };
}
