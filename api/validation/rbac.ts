import { invalid, notSupported, notSupportedInOrder, required } from "../status/field-error.ts";
import { type FieldPath, fieldPath } from "../status/field-path.ts";
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "../wire.ts";
import { type Errors, invalidEach } from "./common.ts";
import { internalJson } from "./internal-json.ts";
import { validateLabelSelector } from "./labels.ts";
import { nameIsDnsSubdomain, nameIsPathSegment, pathSegmentName } from "./names.ts";
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from "./object-meta.ts";

export const RBAC_GROUP = "rbac.authorization.k8s.io";

export function validateRole(role: Role): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(role.metadata, true, nameIsPathSegment, errors);
  role.rules?.forEach((rule, i) => {
    validateRule(rule, true, fieldPath("rules").index(i), errors);
  });
  return errors;
}

export function validateClusterRole(role: ClusterRole): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(role.metadata, false, nameIsPathSegment, errors);
  role.rules?.forEach((rule, i) => {
    validateRule(rule, false, fieldPath("rules").index(i), errors);
  });
  if (role.aggregationRule) {
    const path = fieldPath("aggregationRule", "clusterRoleSelectors");
    const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0) errors.push(required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"));
    selectors.forEach((selector, i) => {
      const before = errors.length;
      validateLabelSelector(selector, path.index(i), errors);
      if (errors.length > before) errors.push(invalid(path.index(i), null, "invalid label selector."));
    });
  }
  return errors;
}

/** A role of either kind, changed. */
export function validateRoleUpdate(role: Role, old: Role): Errors {
  const errors = validateRole(role);
  validateCoreObjectMetaUpdate(role.metadata, old.metadata, errors);
  return errors;
}

export function validateClusterRoleUpdate(role: ClusterRole, old: ClusterRole): Errors {
  const errors = validateClusterRole(role);
  validateCoreObjectMetaUpdate(role.metadata, old.metadata, errors);
  return errors;
}

function validateRule(rule: PolicyRule, namespaced: boolean, path: FieldPath, errors: Errors): void {
  if (!rule.verbs?.length) errors.push(required(path.child("verbs"), "verbs must contain at least one value"));
  if (rule.nonResourceURLs?.length) {
    const at = path.child("nonResourceURLs");
    if (namespaced) errors.push(invalid(at, rule.nonResourceURLs, "namespaced rules cannot apply to non-resource URLs"));
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      errors.push(invalid(at, rule.nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"));
    }
    return;
  }
  if (!rule.apiGroups?.length) errors.push(required(path.child("apiGroups"), "resource rules must supply at least one api group"));
  if (!rule.resources?.length) errors.push(required(path.child("resources"), "resource rules must supply at least one resource"));
}

/** A binding of either kind; only a namespaced one may bind a Role. */
export function validateBinding(binding: RoleBinding | ClusterRoleBinding, namespaced: boolean): Errors {
  const errors: Errors = [];
  validateCoreObjectMeta(binding.metadata, namespaced, nameIsPathSegment, errors);
  const { apiGroup = "", kind = "", name = "" } = binding.roleRef ?? {};
  const path = fieldPath("roleRef");
  const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported(path.child("apiGroup"), apiGroup, [RBAC_GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupportedInOrder(path.child("kind"), kind, kinds));
  if (name === "") errors.push(required(path.child("name")));
  else invalidEach(pathSegmentName(name), name, path.child("name"), errors);
  binding.subjects?.forEach((subject, i) => {
    validateSubject(subject, namespaced, fieldPath("subjects").index(i), errors);
  });
  return errors;
}

function validateSubject(subject: Subject, namespaced: boolean, path: FieldPath, errors: Errors): void {
  const { name = "", apiGroup = "", kind = "" } = subject;
  if (name === "") errors.push(required(path.child("name")));
  if (kind === "ServiceAccount") {
    if (name !== "") invalidEach(nameIsDnsSubdomain(name, false), name, path.child("name"), errors);
    if (apiGroup !== "") errors.push(notSupported(path.child("apiGroup"), apiGroup, [""]));
    if (!namespaced && !subject.namespace) errors.push(required(path.child("namespace")));
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== RBAC_GROUP) errors.push(notSupported(path.child("apiGroup"), apiGroup, [RBAC_GROUP]));
  } else errors.push(notSupportedInOrder(path.child("kind"), kind, ["ServiceAccount", "User", "Group"]));
}

export function validateBindingUpdate(binding: RoleBinding | ClusterRoleBinding, old: RoleBinding | ClusterRoleBinding, namespaced: boolean): Errors {
  const errors = validateBinding(binding, namespaced);
  validateCoreObjectMetaUpdate(binding.metadata, old.metadata, errors);
  const [now, before] = [binding.roleRef ?? {}, old.roleRef ?? {}];
  if (now.apiGroup !== before.apiGroup || now.kind !== before.kind || now.name !== before.name) {
    errors.push(invalid(fieldPath("roleRef"), internalJson("io.k8s.api.rbac.v1.RoleRef", binding.roleRef), "cannot change roleRef"));
  }
  return errors;
}
