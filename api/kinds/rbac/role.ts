import { validateRole, validateRoleUpdate } from "../../validation/rbac.ts";
import type { Role } from "../../wire.ts";
import { defineKind } from "../define.ts";

export const role = defineKind<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  namespaced: true,
  definition: "io.k8s.api.rbac.v1.Role",
  strategy: { validate: validateRole, validateUpdate: validateRoleUpdate, allowCreateOnUpdate: true },
});
