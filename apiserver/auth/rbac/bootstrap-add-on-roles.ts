import type { ClusterRole } from "../../../api/wire.ts";
import { clusterRole, EVENTS, READ, rule } from "./bootstrap-rules.ts";

const CERTIFICATES = "certificates.k8s.io";
const REQUESTS = "certificatesigningrequests";

/** Signers of Kubernetes and the roles that approve for them. */
const APPROVERS = ["kube-apiserver-client", "kube-apiserver-client-kubelet", "kubelet-serving", "legacy-unknown"] as const;

/** Roles that nobody of ours holds: charts and joining nodes bind them by their names. */
export const addOnRoles: readonly ClusterRole[] = [
  clusterRole("system:node-bootstrapper", [rule(["create", ...READ], [CERTIFICATES], [REQUESTS])]),
  ...["nodeclient", "selfnodeclient"].map((kind) => clusterRole(`system:${CERTIFICATES}:${REQUESTS}:${kind}`, [rule(["create"], [CERTIFICATES], [`${REQUESTS}/${kind}`])])),
  ...APPROVERS.map((signer) => clusterRole(`system:${CERTIFICATES}:${signer}-approver`, [rule(["approve"], [CERTIFICATES], ["signers"], [`kubernetes.io/${signer}`])])),
  clusterRole("system:node-problem-detector", [rule(["get"], [""], ["nodes"]), rule(["patch"], [""], ["nodes/status"]), EVENTS]),
  clusterRole("system:persistent-volume-provisioner", [
    rule(["create", "delete", ...READ], [""], ["persistentvolumes"]),
    rule([...READ, "update"], [""], ["persistentvolumeclaims"]),
    rule(READ, ["storage.k8s.io"], ["storageclasses"]),
    rule(["watch"], [""], ["events"]),
    EVENTS,
  ]),
  clusterRole("system:volume-scheduler", [rule([...READ, "patch", "update"], [""], ["persistentvolumes", "persistentvolumeclaims"]), rule(READ, ["storage.k8s.io"], ["storageclasses"])]),
  clusterRole("system:kube-dns", [rule(["list", "watch"], [""], ["endpoints", "services"])]),
  clusterRole("system:kube-aggregator", [rule(READ, [""], ["endpoints", "services"])]),
  clusterRole("system:heapster", [rule(READ, [""], ["events", "namespaces", "nodes", "pods"])]),
];
