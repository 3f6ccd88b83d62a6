import type { UserInfo } from "../../../api/exchange.ts";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "../../../api/wire.ts";

/** A binding with the subjects resolved to keys. */
interface IndexedBinding {
  readonly id: string;
  readonly namespace: string;
  readonly roleKind: string;
  readonly roleName: string;
  /** By subject the text for a decision's reason: `ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. */
  readonly subjects: ReadonlyMap<string, string>;
}

/** A rule that a user has, and where from. `namespace` is "" when it holds in the whole cluster. */
export interface GrantedRule {
  readonly rule: PolicyRule;
  readonly namespace: string;
  readonly description: string;
}

/**
 * Roles and bindings by what a decision asks for: the bindings of a user, of its groups, of a service account. A decision's cost
 * depends on how many bindings name the caller, not on how many there are.
 */
export class RbacIndex {
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  readonly #bindings = new Map<string, IndexedBinding>();
  /** Subject key → binding ids; cluster-wide bindings and those of each namespace apart. */
  readonly #bySubject = new Map<string, Map<string, Set<string>>>();

  setRole(role: Role | ClusterRole): void {
    this.#roles.set(roleKey(role.kind, role.metadata.namespace ?? "", role.metadata.name ?? ""), role.rules ?? []);
  }

  removeRole(role: Role | ClusterRole): void {
    this.#roles.delete(roleKey(role.kind, role.metadata.namespace ?? "", role.metadata.name ?? ""));
  }

  setBinding(binding: RoleBinding | ClusterRoleBinding): void {
    this.removeBinding(binding);
    const indexed = indexedBinding(binding);
    this.#bindings.set(indexed.id, indexed);
    for (const subject of indexed.subjects.keys()) {
      const namespaces = this.#bySubject.get(subject) ?? new Map<string, Set<string>>();
      this.#bySubject.set(subject, namespaces);
      const ids = namespaces.get(indexed.namespace) ?? new Set<string>();
      namespaces.set(indexed.namespace, ids.add(indexed.id));
    }
  }

  removeBinding(binding: RoleBinding | ClusterRoleBinding): void {
    const id = bindingId(binding);
    const indexed = this.#bindings.get(id);
    if (indexed === undefined) return;
    this.#bindings.delete(id);
    for (const subject of indexed.subjects.keys()) {
      const namespaces = this.#bySubject.get(subject);
      const ids = namespaces?.get(indexed.namespace);
      ids?.delete(id);
      if (ids?.size === 0) namespaces?.delete(indexed.namespace);
      if (namespaces?.size === 0) this.#bySubject.delete(subject);
    }
  }

  /** Rules that hold for the user in the whole cluster, then those that hold in `namespace` ("" asks for the former only). */
  *rulesFor(user: UserInfo, namespace: string): Generator<GrantedRule> {
    const subjects = subjectKeysOf(user);
    yield* this.#granted(subjects, "");
    if (namespace !== "") yield* this.#granted(subjects, namespace);
  }

  /** Rules of a role as they are; undefined when there is no such role. */
  rulesOf(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKey(kind, namespace, name));
  }

  /** Roles that bindings of the user name and that are not there: `role.rbac.authorization.k8s.io "x" not found`. */
  missingRolesFor(user: UserInfo, namespace: string): string[] {
    const missing = new Set<string>();
    for (const where of namespace === "" ? [""] : ["", namespace]) {
      for (const subject of subjectKeysOf(user)) {
        for (const id of this.#bySubject.get(subject)?.get(where) ?? []) {
          const binding = this.#bindings.get(id);
          if (binding === undefined || this.rulesOf(binding.roleKind, binding.roleKind === "Role" ? where : "", binding.roleName) !== undefined) continue;
          missing.add(`${binding.roleKind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(binding.roleName)} not found`);
        }
      }
    }
    return [...missing];
  }

  *#granted(subjects: readonly string[], namespace: string): Generator<GrantedRule> {
    for (const subject of subjects) {
      for (const id of this.#bySubject.get(subject)?.get(namespace) ?? []) {
        const binding = this.#bindings.get(id);
        if (binding === undefined) continue;
        const rules = this.#roles.get(roleKey(binding.roleKind, binding.roleKind === "Role" ? namespace : "", binding.roleName)) ?? [];
        const description = binding.subjects.get(subject) ?? "";
        for (const rule of rules) yield { rule, namespace, description };
      }
    }
  }
}

function roleKey(kind: string, namespace: string, name: string): string {
  return kind === "Role" ? `Role/${namespace}/${name}` : `ClusterRole//${name}`;
}

function bindingId(binding: RoleBinding | ClusterRoleBinding): string {
  return binding.kind === "RoleBinding" ? `RoleBinding/${binding.metadata.namespace}/${binding.metadata.name}` : `ClusterRoleBinding//${binding.metadata.name}`;
}

function indexedBinding(binding: RoleBinding | ClusterRoleBinding): IndexedBinding {
  const namespace = binding.kind === "RoleBinding" ? (binding.metadata.namespace ?? "") : "";
  const where = namespace === "" ? JSON.stringify(binding.metadata.name) : JSON.stringify(`${binding.metadata.name}/${namespace}`);
  const description = `${binding.kind} ${where} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)}`;
  return {
    id: bindingId(binding),
    namespace,
    roleKind: binding.roleRef.kind,
    roleName: binding.roleRef.name,
    subjects: new Map((binding.subjects ?? []).map((subject) => [subjectKey(subject, namespace), `${description} to ${subjectText(subject, namespace)}`])),
  };
}

/** A ServiceAccount without a namespace is one of the binding's. */
function subjectKey(subject: Subject, namespace: string): string {
  if (subject.kind === "ServiceAccount") return `User:system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`;
  return `${subject.kind}:${subject.name}`;
}

/** `User "bob"`, `ServiceAccount "name/namespace"`. */
function subjectText(subject: Subject, namespace: string): string {
  const name = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
  return `${subject.kind} ${JSON.stringify(name)}`;
}

function subjectKeysOf(user: UserInfo): string[] {
  return [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)];
}
