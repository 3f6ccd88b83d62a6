import type { PolicyRule } from "../../../api/wire.ts";

/** Resources of a namespace that its users work with, by group; secrets and what gives rights are apart. */
const WORKLOADS: Readonly<Record<string, readonly string[]>> = {
  "": ["configmaps", "events", "persistentvolumeclaims", "pods", "replicationcontrollers", "replicationcontrollers/scale", "services"],
  apps: ["daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"],
  autoscaling: ["horizontalpodautoscalers"],
  batch: ["cronjobs", "jobs"],
  "events.k8s.io": ["events"],
  "networking.k8s.io": ["ingresses", "networkpolicies"],
  policy: ["poddisruptionbudgets"],
  "resource.k8s.io": ["resourceclaims", "resourceclaimtemplates"],
};

/** Only to be read: what the control plane writes. Endpoints, too: who writes them leads a Service's traffic wherever he likes. */
const READ_ONLY: Readonly<Record<string, readonly string[]>> = {
  "": ["bindings", "endpoints", "limitranges", "namespaces", "namespaces/status", "persistentvolumeclaims/status", "pods/log", "pods/status", "replicationcontrollers/status", "resourcequotas", "resourcequotas/status", "serviceaccounts", "services/status"],
  apps: ["controllerrevisions", "daemonsets/status", "deployments/status", "replicasets/status", "statefulsets/status"],
  autoscaling: ["horizontalpodautoscalers/status"],
  batch: ["cronjobs/status", "jobs/status"],
  "discovery.k8s.io": ["endpointslices"],
  "networking.k8s.io": ["ingresses/status"],
  policy: ["poddisruptionbudgets/status"],
  "resource.k8s.io": ["resourceclaims/status"],
};

function rules(verbs: readonly string[], table: Readonly<Record<string, readonly string[]>>): PolicyRule[] {
  return Object.entries(table).map(([group, resources]) => ({ verbs: [...verbs], apiGroups: [group], resources: [...resources] }));
}

/**
 * What `view`, `edit` and `admin` of a namespace add to one another: view reads all but secrets; edit writes workloads, reads secrets,
 * enters containers and acts as the namespace's service accounts; admin gives others rights within the namespace.
 */
export function namespacedReadWrite(role: "admin" | "edit" | "view", read: readonly string[], write: readonly string[]): PolicyRule[] {
  switch (role) {
    case "view":
      return [...rules(read, WORKLOADS), ...rules(read, READ_ONLY)];
    case "edit":
      return [
        ...rules(write, WORKLOADS),
        { verbs: [...read, ...write], apiGroups: [""], resources: ["secrets"] },
        { verbs: [...read], apiGroups: [""], resources: ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "services/proxy"] },
        { verbs: [...write], apiGroups: [""], resources: ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "services/proxy", "serviceaccounts"] },
        { verbs: ["create"], apiGroups: [""], resources: ["pods/eviction", "serviceaccounts/token"] },
        { verbs: ["impersonate"], apiGroups: [""], resources: ["serviceaccounts"] },
        { verbs: [...read, ...write], apiGroups: ["coordination.k8s.io"], resources: ["leases"] },
      ];
    case "admin":
      return [
        { verbs: ["create"], apiGroups: ["authorization.k8s.io"], resources: ["localsubjectaccessreviews"] },
        { verbs: [...read, ...write], apiGroups: ["rbac.authorization.k8s.io"], resources: ["rolebindings", "roles"] },
      ];
  }
}
