import type { UserInfo } from "../../../api/exchange.ts";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "../../../api/wire.ts";

/** What a binding gives to one of its subjects. */
interface Grant {
  readonly roleKind: string;
  readonly roleName: string;
  readonly roleKey: string;
  /** For a decision's reason: `ClusterRoleBinding "x" of ClusterRole "y" to User "z"`. */
  readonly description: string;
}

/** Grants of one user or group by the namespace where they hold ("": everywhere), then by binding. */
type Grants = Map<string, Map<string, Grant>>;

/** A binding's namespace, and its grant to each user and group. */
interface IndexedBinding {
  readonly namespace: string;
  readonly users: ReadonlyMap<string, Grant>;
  readonly groups: ReadonlyMap<string, Grant>;
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
  /** By name. Users and groups apart, so that a decision has no key to put together. */
  readonly #users = new Map<string, Grants>();
  readonly #groups = new Map<string, Grants>();

  setRole(role: Role | ClusterRole): void {
    this.#roles.set(roleKey(role.kind, role.metadata.namespace ?? "", role.metadata.name ?? ""), role.rules ?? []);
  }

  removeRole(role: Role | ClusterRole): void {
    this.#roles.delete(roleKey(role.kind, role.metadata.namespace ?? "", role.metadata.name ?? ""));
  }

  setBinding(binding: RoleBinding | ClusterRoleBinding): void {
    this.removeBinding(binding);
    const id = bindingId(binding);
    const indexed = indexedBinding(binding);
    this.#bindings.set(id, indexed);
    for (const [name, grant] of indexed.users) addGrant(this.#users, name, indexed.namespace, id, grant);
    for (const [name, grant] of indexed.groups) addGrant(this.#groups, name, indexed.namespace, id, grant);
  }

  removeBinding(binding: RoleBinding | ClusterRoleBinding): void {
    const id = bindingId(binding);
    const indexed = this.#bindings.get(id);
    if (indexed === undefined) return;
    this.#bindings.delete(id);
    for (const name of indexed.users.keys()) removeGrant(this.#users, name, indexed.namespace, id);
    for (const name of indexed.groups.keys()) removeGrant(this.#groups, name, indexed.namespace, id);
  }

  /** Where the first rule comes from that holds for the user in the whole cluster or in `namespace` and that `allows`; undefined where none does. */
  findGrant(user: UserInfo, namespace: string, allows: (rule: PolicyRule) => boolean): string | undefined {
    const found = this.#findIn(user, "", allows);
    return found === undefined && namespace !== "" ? this.#findIn(user, namespace, allows) : found;
  }

  #findIn(user: UserInfo, namespace: string, allows: (rule: PolicyRule) => boolean): string | undefined {
    let found = this.#findAmong(this.#users.get(user.name)?.get(namespace), allows);
    for (let i = 0; found === undefined && i < user.groups.length; i++) found = this.#findAmong(this.#groups.get(user.groups[i]!)?.get(namespace), allows);
    return found;
  }

  #findAmong(grants: ReadonlyMap<string, Grant> | undefined, allows: (rule: PolicyRule) => boolean): string | undefined {
    if (grants === undefined) return undefined;
    for (const { roleKey, description } of grants.values()) if (this.#roles.get(roleKey)?.some(allows)) return description;
    return undefined;
  }

  /** Rules that hold for the user in the whole cluster, then those that hold in `namespace` ("" asks for the former only). */
  *rulesFor(user: UserInfo, namespace: string): Generator<GrantedRule> {
    for (const where of namespace === "" ? [""] : ["", namespace]) {
      for (const { roleKey, description } of this.#grantsOf(user, where)) for (const rule of this.#roles.get(roleKey) ?? []) yield { rule, namespace: where, description };
    }
  }

  /** Rules of a role as they are; undefined when there is no such role. */
  rulesOf(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKey(kind, namespace, name));
  }

  /** Roles that bindings of the user name and that are not there: `role.rbac.authorization.k8s.io "x" not found`. */
  missingRolesFor(user: UserInfo, namespace: string): string[] {
    const missing = new Set<string>();
    for (const where of namespace === "" ? [""] : ["", namespace]) {
      for (const { roleKind, roleName, roleKey } of this.#grantsOf(user, where)) {
        if (!this.#roles.has(roleKey)) missing.add(`${roleKind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleName)} not found`);
      }
    }
    return [...missing];
  }

  /** What holds in exactly this namespace. */
  *#grantsOf(user: UserInfo, namespace: string): Generator<Grant> {
    yield* this.#users.get(user.name)?.get(namespace)?.values() ?? [];
    for (const group of user.groups) yield* this.#groups.get(group)?.get(namespace)?.values() ?? [];
  }
}

function addGrant(subjects: Map<string, Grants>, name: string, namespace: string, binding: string, grant: Grant): void {
  const namespaces: Grants = subjects.get(name) ?? new Map();
  subjects.set(name, namespaces);
  const grants = namespaces.get(namespace) ?? new Map<string, Grant>();
  namespaces.set(namespace, grants.set(binding, grant));
}

function removeGrant(subjects: Map<string, Grants>, name: string, namespace: string, binding: string): void {
  const namespaces = subjects.get(name);
  const grants = namespaces?.get(namespace);
  grants?.delete(binding);
  if (grants?.size === 0) namespaces?.delete(namespace);
  if (namespaces?.size === 0) subjects.delete(name);
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
  const { kind: roleKind, name: roleName } = binding.roleRef;
  const description = `${binding.kind} ${where} of ${roleKind} ${JSON.stringify(roleName)}`;
  const users = new Map<string, Grant>();
  const groups = new Map<string, Grant>();
  for (const subject of binding.subjects ?? []) {
    const grant = { roleKind, roleName, roleKey: roleKey(roleKind, namespace, roleName), description: `${description} to ${subjectText(subject, namespace)}` };
    if (subject.kind === "Group") groups.set(subject.name, grant);
    else users.set(userName(subject, namespace), grant);
  }
  return { namespace, users, groups };
}

/** A ServiceAccount without a namespace is one of the binding's. */
function userName(subject: Subject, namespace: string): string {
  return subject.kind === "ServiceAccount" ? `system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}` : subject.name;
}

/** `User "bob"`, `ServiceAccount "name/namespace"`. */
function subjectText(subject: Subject, namespace: string): string {
  const name = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
  return `${subject.kind} ${JSON.stringify(name)}`;
}
