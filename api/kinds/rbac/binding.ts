import { RBAC_GROUP } from "../../validation/rbac.ts";
import type { ClusterRoleBinding, RoleBinding } from "../../wire.ts";
import { ageColumn, column, nameColumn } from "../columns.ts";
import type { Column } from "../kind.ts";

type Binding = RoleBinding | ClusterRoleBinding;

/** Users, groups and roles are of the RBAC group where nothing is said. */
export function defaultBinding(binding: Binding): void {
  if (binding.roleRef) binding.roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of binding.subjects ?? []) if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= RBAC_GROUP;
}

function subjectsText(binding: Binding, kind: string): string {
  const subjects = (binding.subjects ?? []).filter((subject) => subject.kind === kind);
  return subjects.map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name)).join(", ");
}

/** Columns of both kinds of binding. */
export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  column("Role", "Kind and name of the role.", (binding) => `${binding.roleRef.kind}/${binding.roleRef.name}`),
  ageColumn,
  column("Users", "Users that get the role.", (binding) => subjectsText(binding, "User"), { wide: true }),
  column("Groups", "Groups that get the role.", (binding) => subjectsText(binding, "Group"), { wide: true }),
  column("ServiceAccounts", "Service accounts that get the role.", (binding) => subjectsText(binding, "ServiceAccount"), { wide: true }),
];
