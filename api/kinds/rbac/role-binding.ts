import { validateBinding, validateBindingUpdate } from "../../validation/rbac.ts";
import type { RoleBinding } from "../../wire.ts";
import { defineKind } from "../define.ts";
import { bindingColumns, defaultBinding } from "./binding.ts";

export const roleBinding = defineKind<RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  namespaced: true,
  definition: "io.k8s.api.rbac.v1.RoleBinding",
  strategy: {
    applyDefaults: defaultBinding,
    validate: (binding) => validateBinding(binding, true),
    validateUpdate: (binding, old) => validateBindingUpdate(binding, old, true),
    allowCreateOnUpdate: true,
  },
  columns: bindingColumns,
});
