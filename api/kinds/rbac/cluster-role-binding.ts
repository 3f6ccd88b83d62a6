import { validateBinding, validateBindingUpdate } from "../../validation/rbac.ts";
import type { ClusterRoleBinding } from "../../wire.ts";
import { defineKind } from "../define.ts";
import { bindingColumns, defaultBinding } from "./binding.ts";

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
  definition: "io.k8s.api.rbac.v1.ClusterRoleBinding",
  strategy: {
    applyDefaults: defaultBinding,
    validate: (binding) => validateBinding(binding, false),
    validateUpdate: (binding, old) => validateBindingUpdate(binding, old, false),
    allowCreateOnUpdate: true,
  },
  columns: bindingColumns,
});
