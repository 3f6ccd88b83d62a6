import { validateClusterRole, validateClusterRoleUpdate } from "../../validation/rbac.ts";
import type { ClusterRole } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const clusterRole = defineKind<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  namespaced: false,
  definition: "io.k8s.api.rbac.v1.ClusterRole",
  strategy: { validate: validateClusterRole, validateUpdate: validateClusterRoleUpdate, allowCreateOnUpdate: true },
});
