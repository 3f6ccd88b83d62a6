import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "../../../api/wire.ts";
import { addOnRoles } from "./bootstrap-add-on-roles.ts";
import { API_VERSION, AUTOUPDATE, clusterRole, clusterRoleBinding, EVENTS, GROUP, LABELS, READ, rule } from "./bootstrap-rules.ts";
import { namespacedReadWrite } from "./bootstrap-user-roles.ts";

/**
 * The roles and bindings that every cluster has, made at start where absent and mended where rules or subjects are missing
 * (Kubernetes' default roles and their names). An object annotated `rbac.authorization.kubernetes.io/autoupdate: "false"` is left alone.
 */
export interface BootstrapPolicy {
  readonly clusterRoles: readonly ClusterRole[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly roles: readonly Role[];
  readonly roleBindings: readonly RoleBinding[];
}

const WRITE = ["create", "delete", "deletecollection", "patch", "update"];

function paths(...nonResourceURLs: string[]): PolicyRule {
  return { verbs: ["get"], nonResourceURLs };
}

function user(name: string): Subject {
  return { apiGroup: GROUP, kind: "User", name };
}

function group(name: string): Subject {
  return { apiGroup: GROUP, kind: "Group", name };
}

/** Leader election: one Lease by name, which cannot be named at its creation. */
function leaseRules(name: string): PolicyRule[] {
  return [rule(["create", "list", "watch"], ["coordination.k8s.io"], ["leases"]), rule(["get", "update", "patch"], ["coordination.k8s.io"], ["leases"], [name])];
}

const scheduler = clusterRole("system:kube-scheduler", [
  EVENTS,
  ...leaseRules("kube-scheduler"),
  rule(READ, [""], ["nodes", "namespaces", "services", "replicationcontrollers", "persistentvolumeclaims", "persistentvolumes"]),
  rule(["delete", ...READ], [""], ["pods"]),
  rule(["create"], [""], ["bindings", "pods/binding"]),
  rule(["patch", "update"], [""], ["pods/status"]),
  rule(READ, ["apps"], ["replicasets", "statefulsets"]),
  rule(READ, ["policy"], ["poddisruptionbudgets"]),
  rule(READ, ["storage.k8s.io"], ["csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments"]),
  rule(READ, ["resource.k8s.io"], ["deviceclasses", "resourceclaims", "resourceslices"]),
  rule(READ, ["scheduling.x-k8s.io"], ["podgroups"]),
  rule(["patch", "update"], ["scheduling.x-k8s.io"], ["podgroups/status"]),
  rule(["patch", "update"], [""], ["persistentvolumeclaims"]),
  rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
  rule(["create"], ["authorization.k8s.io"], ["subjectaccessreviews"]),
]);

/** All controllers run as one user; the garbage collector and the namespace controller need every resource that there may ever be. */
const controllerManager = clusterRole("system:kube-controller-manager", [
  EVENTS,
  ...leaseRules("kube-controller-manager"),
  rule(["*"], ["*"], ["*"]),
  paths("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/version"),
]);

/** What a node's agent needs; which objects of these it may touch is the node authorizer's to say, so nobody is bound to it. */
const node = clusterRole("system:node", [
  EVENTS,
  rule(["create", "get", "list", "watch", "patch", "update"], [""], ["nodes"]),
  rule(["patch", "update"], [""], ["nodes/status"]),
  rule(["create", "delete", ...READ], [""], ["pods"]),
  rule(["patch", "update"], [""], ["pods/status"]),
  rule(["create"], [""], ["pods/eviction"]),
  rule(READ, [""], ["configmaps", "secrets", "services"]),
  rule(["get"], [""], ["endpoints", "persistentvolumeclaims", "persistentvolumes", "serviceaccounts"]),
  rule(["get", "patch", "update"], [""], ["persistentvolumeclaims/status"]),
  rule(["get"], ["storage.k8s.io"], ["volumeattachments"]),
  rule(READ, ["storage.k8s.io"], ["csidrivers"]),
  rule(["create", "delete", "get", "patch", "update"], ["storage.k8s.io"], ["csinodes"]),
  rule(["get"], ["resource.k8s.io"], ["resourceclaims"]),
  rule(["deletecollection"], ["resource.k8s.io"], ["resourceslices"]),
  rule(["create"], [""], ["serviceaccounts/token"]),
  rule(["create", "delete", "get", "patch", "update"], ["coordination.k8s.io"], ["leases"]),
  rule(READ, ["node.k8s.io"], ["runtimeclasses"]),
  rule(["create", "get", "list", "watch"], ["certificates.k8s.io"], ["certificatesigningrequests"]),
  rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
  rule(["create"], ["authorization.k8s.io"], ["subjectaccessreviews", "localsubjectaccessreviews"]),
]);

const clusterRoles: readonly ClusterRole[] = [
  clusterRole("cluster-admin", [rule(["*"], ["*"], ["*"]), { verbs: ["*"], nonResourceURLs: ["*"] }]),
  clusterRole("system:discovery", [paths("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/")]),
  clusterRole("system:public-info-viewer", [paths("/healthz", "/livez", "/readyz", "/version", "/version/")]),
  clusterRole("system:basic-user", [rule(["create"], ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]), rule(["create"], ["authentication.k8s.io"], ["selfsubjectreviews"])]),
  clusterRole("system:monitoring", [rule(["get"], [""], ["nodes/metrics"]), paths("/flagz", "/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*", "/statusz")]),
  clusterRole("system:service-account-issuer-discovery", [paths("/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks", "/openid/v1/jwks/")]),
  clusterRole("system:auth-delegator", [rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]), rule(["create"], ["authorization.k8s.io"], ["subjectaccessreviews"])]),
  clusterRole("system:kubelet-api-admin", [rule([...READ, "proxy"], [""], ["nodes"]), rule(["*"], [""], ["nodes/configz", "nodes/healthz", "nodes/log", "nodes/metrics", "nodes/pods", "nodes/proxy", "nodes/stats"])]),
  clusterRole("system:node-proxier", [EVENTS, rule(READ, [""], ["nodes", "services"]), rule(["list", "watch"], [""], ["endpoints"]), rule(READ, ["discovery.k8s.io"], ["endpointslices"]), rule(["list", "watch"], ["networking.k8s.io"], ["servicecidrs"])]),
  ...addOnRoles,
  scheduler,
  controllerManager,
  node,
  ...(["admin", "edit", "view"] as const).map((name) => clusterRole(name, [], { aggregate: name, labels: name === "admin" ? {} : { [`rbac.authorization.k8s.io/aggregate-to-${name === "edit" ? "admin" : "edit"}`]: "true" } })),
  ...(["admin", "edit", "view"] as const).map((name) => clusterRole(`system:aggregate-to-${name}`, namespacedReadWrite(name, READ, WRITE), { labels: { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: "true" } })),
];

const AUTHENTICATED = group("system:authenticated");

const clusterRoleBindings: readonly ClusterRoleBinding[] = [
  clusterRoleBinding("cluster-admin", "cluster-admin", [group("system:masters")]),
  clusterRoleBinding("system:discovery", "system:discovery", [AUTHENTICATED]),
  clusterRoleBinding("system:basic-user", "system:basic-user", [AUTHENTICATED]),
  clusterRoleBinding("system:public-info-viewer", "system:public-info-viewer", [AUTHENTICATED, group("system:unauthenticated")]),
  clusterRoleBinding("system:monitoring", "system:monitoring", [group("system:monitoring")]),
  clusterRoleBinding("system:service-account-issuer-discovery", "system:service-account-issuer-discovery", [group("system:serviceaccounts")]),
  clusterRoleBinding("system:kube-scheduler", "system:kube-scheduler", [user("system:kube-scheduler")]),
  clusterRoleBinding("system:volume-scheduler", "system:volume-scheduler", [user("system:kube-scheduler")]),
  clusterRoleBinding("system:kube-dns", "system:kube-dns", [{ kind: "ServiceAccount", name: "kube-dns", namespace: "kube-system" }]),
  clusterRoleBinding("system:kube-controller-manager", "system:kube-controller-manager", [user("system:kube-controller-manager")]),
  clusterRoleBinding("system:node-proxier", "system:node-proxier", [user("system:kube-proxy")]),
];

const AUTHENTICATION_READER = "extension-apiserver-authentication-reader";

/** What extension servers read to know whom to believe. */
const roles: readonly Role[] = [
  {
    apiVersion: API_VERSION,
    kind: "Role",
    metadata: { name: AUTHENTICATION_READER, namespace: "kube-system", labels: LABELS, annotations: { [AUTOUPDATE]: "true" } },
    rules: [rule(READ, [""], ["configmaps"], ["extension-apiserver-authentication"])],
  },
];

const roleBindings: readonly RoleBinding[] = [
  {
    apiVersion: API_VERSION,
    kind: "RoleBinding",
    metadata: { name: `system::${AUTHENTICATION_READER}`, namespace: "kube-system", labels: LABELS, annotations: { [AUTOUPDATE]: "true" } },
    roleRef: { apiGroup: GROUP, kind: "Role", name: AUTHENTICATION_READER },
    subjects: [user("system:kube-controller-manager"), user("system:kube-scheduler")],
  },
];

export const bootstrapPolicy: BootstrapPolicy = { clusterRoles, clusterRoleBindings, roles, roleBindings };
